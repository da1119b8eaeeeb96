using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using MiniGrpc.Wire;

namespace MiniGrpc.Client;

/// <summary>Reads the outcome of a call from its headers (trailers-only) or its trailers.</summary>
internal static class ResponseStatus
{
    public static void ThrowIfNotGrpc(HttpResponseMessage response)
    {
        if (response.Headers.NonValidated.Contains(GrpcHeaders.Status))
        {
            ThrowIfFailed(response.Headers);
            return;
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new RpcException(FromHttp(response.StatusCode), $"The server answered HTTP {(int)response.StatusCode}.");
        }

        var contentType = response.Content.Headers.NonValidated.TryGetValues("content-type", out var values) ? values.ToString() : null;
        if (!GrpcHeaders.IsGrpc(contentType))
        {
            throw new RpcException(StatusCode.Unknown, $"The server answered with content type '{contentType}'.");
        }
    }

    /// <summary>To be called once the body has been read to its end.</summary>
    public static void ThrowIfFailed(HttpResponseMessage response)
    {
        // A trailers-only answer has its status in the headers, and it was OK or the call would have ended there.
        var trailers = response.TrailingHeaders;
        if (trailers.NonValidated.Count > 0 || !response.Headers.NonValidated.Contains(GrpcHeaders.Status))
        {
            ThrowIfFailed(trailers);
        }
    }

    private static void ThrowIfFailed(HttpResponseHeaders trailers)
    {
        if (!trailers.NonValidated.TryGetValues(GrpcHeaders.Status, out var values))
        {
            throw new RpcException(StatusCode.Unknown, "The response ended without a status.");
        }

        var text = values.ToString();
        if (text == "0")
        {
            return;
        }

        var code = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 16
            ? (StatusCode)number
            : StatusCode.Unknown;
        var message = trailers.NonValidated.TryGetValues(GrpcHeaders.Message, out var messages) ? messages.ToString() : "";
        throw new RpcException(code, GrpcStatusMessage.Decode(message), ToMetadata(trailers));
    }

    public static bool IsGzip(HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues(GrpcHeaders.Encoding, out var values))
        {
            return false;
        }

        return values.ToString() switch
        {
            GrpcHeaders.Gzip => true,
            GrpcHeaders.Identity => false,
            var other => throw new RpcException(StatusCode.Internal, $"The server answered with grpc-encoding '{other}'."),
        };
    }

    public static Metadata ToMetadata(HttpResponseHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (!GrpcHeaders.IsReserved(name))
            {
                foreach (var value in values)
                {
                    metadata.AddReceived(name, value);
                }
            }
        }

        return metadata;
    }

    private static StatusCode FromHttp(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout
            => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };
}

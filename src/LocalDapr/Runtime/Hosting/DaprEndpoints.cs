using Google.Protobuf;
using LocalDapr.Runtime.Telemetry.Traces;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using MiniGrpc;

namespace LocalDapr.Runtime.Hosting;

/// <summary>Mappings that every building block uses, so that errors become answers in one place.</summary>
internal static class DaprEndpoints
{
    private static readonly JsonParser ProtoJson = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    /// <summary>A unary gRPC method whose <see cref="DaprError"/> becomes its gRPC status with details.</summary>
    public static void MapDapr<TRequest, TResponse>(
        this IEndpointRouteBuilder grpc,
        GrpcMethod<TRequest, TResponse> method,
        Func<TRequest, ServerCall, ValueTask<TResponse>> handler,
        GrpcServerOptions? limits = null)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        grpc.MapUnary(method, async (request, call) =>
        {
            GrpcApiSpans.Describe(call.Http, request);
            try
            {
                return await handler(request, call);
            }
            catch (DaprError error)
            {
                throw error.ToRpc();
            }
        }, limits);

    /// <summary>The request body, whole. Over the limit of <c>max-body-size</c> it is a malformed request.</summary>
    public static ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(this HttpRequest request) =>
        request.ReadBodyAsync(static () => DaprErrors.Malformed("stream too large"));

    /// <summary>The request body, whole, where being over the limit is told in another way.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(this HttpRequest request, Func<DaprError> tooLarge)
    {
        try
        {
            if (request.ContentLength == 0) return default;
            var stream = new MemoryStream((int)Math.Min(request.ContentLength ?? 256, 1 << 20));
            await request.Body.CopyToAsync(stream, request.HttpContext.RequestAborted);
            return stream.GetBuffer().AsMemory(0, (int)stream.Length);
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw tooLarge();
        }
    }

    /// <summary>The request body as the JSON of a protobuf message: names as in JSON or in the proto file, unknown ones ignored.</summary>
    public static async ValueTask<T> ReadProtoJsonAsync<T>(this HttpRequest request)
        where T : IMessage<T>, new() => ParseProtoJson<T>(System.Text.Encoding.UTF8.GetString((await request.ReadBodyAsync()).Span));

    /// <summary>Refuses a body that is no JSON of the message. Most callers send none, and what one says does not count: the path does.</summary>
    public static async ValueTask CheckProtoJsonAsync<T>(this HttpRequest request)
        where T : IMessage<T>, new()
    {
        var body = await request.ReadBodyAsync(DaprErrors.BodyRead);
        if (body.Length > 0) ParseProtoJson<T>(System.Text.Encoding.UTF8.GetString(body.Span));
    }

    /// <summary>Throws the error of a malformed request.</summary>
    public static T ParseProtoJson<T>(string json)
        where T : IMessage<T>, new()
    {
        try
        {
            return ProtoJson.Parse<T>(json);
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or InvalidJsonException)
        {
            throw DaprErrors.Malformed(error.Message);
        }
    }

    /// <summary>
    /// A value of the route, whole. The server leaves %2F encoded in it, where it cannot be told from %252F; the segment of the path as it came tells.
    /// </summary>
    public static string RouteText(this HttpContext context, string name, int segment)
    {
        var value = (string)context.GetRouteValue(name)!;
        return value.Contains('%') ? context.RawSegments()[segment] : value;
    }

    /// <summary>The segments of the path as the caller sent them, percent-decoded one by one: a key may hold slashes.</summary>
    public static string[] RawSegments(this HttpContext context)
    {
        var target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        var end = target.IndexOf('?', StringComparison.Ordinal);
        var segments = (end < 0 ? target : target[..end]).Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < segments.Length; i++) segments[i] = Uri.UnescapeDataString(segments[i]);
        return segments;
    }

    /// <summary>The <c>metadata.*</c> pairs of a query string; the first value of a name wins.</summary>
    public static Dictionary<string, string> MetadataOf(this IQueryCollection query)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in query)
            if (name.StartsWith("metadata.", StringComparison.Ordinal))
                metadata["metadata.".Length < name.Length ? name["metadata.".Length..] : ""] = values.Count > 0 ? values[0] ?? "" : "";
        return metadata;
    }
}

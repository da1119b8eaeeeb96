using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using MiniGrpc.Wire;

namespace MiniGrpc.Server;

/// <summary>
/// Serves one method: checks the request, runs the handler, and turns how it ended into a status. One instance per mapped method.
/// </summary>
internal abstract partial class ServerMethod<TRequest, TResponse>(
    GrpcMethod<TRequest, TResponse> method, GrpcServerOptions options, ILogger logger, ServerEnd end)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (!GrpcHeaders.IsGrpc(http.Request.ContentType))
        {
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        if (!http.Response.SupportsTrailers())
        {
            // HTTP/1: there is no place for the status of an answer.
            http.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            return;
        }

        Prepare(http);
        using var call = new ServerCall(http);
        try
        {
            call.Start(options.TimeProvider, end.Stopping);
            AgreeOnEncoding(call);
            await HandleAsync(call).ConfigureAwait(false);
            WriteStatus(call, StatusCode.OK, "", null);
        }
        catch (RpcException e)
        {
            WriteStatus(call, e.StatusCode, e.Detail, e.Trailers);
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer. A handler that failed because of it is no news.
            LogAborted(logger, method.Path, e.Message);
        }
        catch (Exception e) when (end.Causes(e, call))
        {
            // Not what it threw: of that a client would not know that another server, or this one a little later, can answer.
            WriteStatus(call, StatusCode.Unavailable, "The server is shutting down.", null);
        }
        catch (OperationCanceledException) when (call.DeadlinePassed)
        {
            WriteStatus(call, StatusCode.DeadlineExceeded, "The deadline passed.", null);
        }
        catch (OperationCanceledException e)
        {
            WriteStatus(call, StatusCode.Cancelled, e.Message, null);
        }
#pragma warning disable CA1031 // the outermost frame of a handler: whatever it threw must become a status
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogFailed(logger, method.Path, e);
            WriteStatus(call, StatusCode.Unknown, e.Message, null);
        }
    }

    protected abstract Task HandleAsync(ServerCall call);

    protected RequestReader<TRequest> Requests(ServerCall call) =>
        new(call.Http.Request.BodyReader, method.RequestParser, options.MaxReceiveMessageBytes, call);

    protected ResponseWriter<TResponse> Responses(ServerCall call) => new(call, options.MaxSendMessageBytes);

    private static void Prepare(HttpContext http)
    {
        // Streams live long, may be silent, and have no total length; messages are limited one by one.
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        http.Response.ContentType = GrpcHeaders.ContentType;
    }

    private static void AgreeOnEncoding(ServerCall call)
    {
        var request = call.Http.Request.Headers;
        if (!request.TryGetValue(GrpcHeaders.Encoding, out var encoding) || encoding == GrpcHeaders.Identity)
        {
            return;
        }

        var response = call.Http.Response.Headers;
        if (encoding != GrpcHeaders.Gzip)
        {
            response[GrpcHeaders.AcceptEncoding] = GrpcHeaders.Accepted;
            throw new RpcException(StatusCode.Unimplemented, $"grpc-encoding '{encoding}' is not supported.");
        }

        // Who compresses wants compressed answers, if it says it can read them.
        call.RequestGzip = true;
        call.ResponseGzip = GrpcHeaders.Lists(request[GrpcHeaders.AcceptEncoding].ToString(), GrpcHeaders.Gzip);
        if (call.ResponseGzip)
        {
            response[GrpcHeaders.Encoding] = GrpcHeaders.Gzip;
        }
    }

    private static void WriteStatus(ServerCall call, StatusCode code, string message, Metadata? trailers)
    {
        var response = call.Http.Response;
        // Before anything was sent the status goes into the headers, and Kestrel ends the stream with them (trailers-only).
        var target = response.HasStarted ? call.Http.Features.Get<IHttpResponseTrailersFeature>()!.Trailers : response.Headers;
        target[GrpcHeaders.Status] = code == StatusCode.OK ? "0" : ((int)code).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (message.Length > 0)
        {
            target[GrpcHeaders.Message] = GrpcStatusMessage.Encode(message);
        }

        GrpcHeaders.Append(target, call.WrittenTrailers);
        GrpcHeaders.Append(target, trailers);
    }

    [LoggerMessage(1, LogLevel.Debug, "{Method} ended early: the client is gone ({Reason})")]
    private static partial void LogAborted(ILogger logger, string method, string reason);

    [LoggerMessage(2, LogLevel.Error, "{Method} failed")]
    private static partial void LogFailed(ILogger logger, string method, Exception failure);
}

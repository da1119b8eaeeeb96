using System.Net;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Telemetry.Traces;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using MiniGrpc;

namespace LocalDapr.Runtime.Invocation;

/// <summary>
/// Passes calls of an app's own gRPC services through, unread: bytes, headers and trailers, streams of every kind. The target
/// is named by the metadata dapr-app-id.
/// </summary>
internal sealed class GrpcProxy(Sidecar sidecar, TargetResolver targets, NameResolution names) : IDisposable
{
    private readonly HttpMessageInvoker _http2 = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        ConnectCallback = TcpConnect.OpenAsync,
        EnableMultipleHttp2Connections = true,
        InitialHttp2StreamWindowSize = 2 << 20,
        ConnectTimeout = TimeSpan.FromSeconds(3),
    }.KeepHeaderBytes());

    public Task ForwardAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var id = headers[WellKnownHeaders.AppId] is { Count: > 0 } appId ? appId[0] : headers[WellKnownHeaders.CalleeAppId].FirstOrDefault();
        headers.Remove(WellKnownHeaders.Sidecar);
        if (string.IsNullOrEmpty(id))
            return FailAsync(context, StatusCode.Unknown, "failed to proxy request: required metadata dapr-callee-app-id or dapr-app-id not found");
        return targets.Find(HeaderBytes.ToText(id)) switch
        {
            InvocationTarget.Local local => ForwardAsync(context, local.Callee, own: local.Callee == sidecar, addIds: true),
            InvocationTarget.Remote remote => ForwardAsync(context, remote.Address, id),
            _ => FailAsync(context, StatusCode.Internal, $"failed to proxy request: couldn't find service: {id}"),
        };
    }

    /// <summary>For calls that another sidecar process forwarded here.</summary>
    public Task ForwardToOwnAppAsync(HttpContext context) => ForwardAsync(context, sidecar, own: true, addIds: false);

    public void Dispose() => _http2.Dispose();

    private Task ForwardAsync(HttpContext context, Uri otherSidecar, string id)
    {
        context.Request.Headers[WellKnownHeaders.Sidecar] = sidecar.Secret;
        return PassAsync(context, otherSidecar, id, token: null, addIds: true);
    }

    private async Task ForwardAsync(HttpContext context, Sidecar callee, bool own, bool addIds)
    {
        if (!callee.App.Exists || !callee.App.IsGrpc)
        {
            await FailAsync(context, StatusCode.Unimplemented, $"app {callee.Options.AppId} does not speak gRPC");
            return;
        }
        if (!IsAllowed(context, callee, addIds))
        {
            await FailAsync(context, StatusCode.PermissionDenied, $"access control policy has denied access to {context.Request.Path}");
            return;
        }
        using var span = own && addIds ? null : CalleeSpans.Begin(callee, context);
        using var turn = await callee.App.EnterAsync(context.RequestAborted);
        await PassAsync(context, callee.App.Address, callee.Options.AppId, callee.Options.AppApiToken, addIds && !own);
    }

    // A call from another process is that of the sidecar whose secret it has.
    private bool IsAllowed(HttpContext context, Sidecar callee, bool addIds) => CalleeSide.Allows(
        callee, addIds ? sidecar.AsCaller : names.CallerOf(context.Request.Headers, callee), context.Request.Path.Value ?? "/", verb: null);

    private async Task PassAsync(HttpContext context, Uri address, string calleeId, string? token, bool addIds)
    {
        using var request = NewRequest(context, address);
        await using var arriving = new ArrivingStream(context.Request.Body);
        request.Content = new PassedBody(arriving);
        CopyRequestHeaders(context.Request, request);
        if (addIds)
        {
            request.Headers.TryAddWithoutValidation(WellKnownHeaders.CallerAppId, sidecar.Options.AppId);
            request.Headers.Remove(WellKnownHeaders.CalleeAppId);
            request.Headers.TryAddWithoutValidation(WellKnownHeaders.CalleeAppId, calleeId);
        }
        if (token is not null)
        {
            request.Headers.Remove(WellKnownHeaders.ApiToken);
            request.Headers.TryAddWithoutValidation(WellKnownHeaders.ApiToken, HeaderBytes.OfText(token));
        }
        try
        {
            using var response = await _http2.SendAsync(request, context.RequestAborted);
            await CopyAsync(response, context);
        }
        catch (HttpRequestException error) when (!context.Response.HasStarted)
        {
            await FailAsync(context, StatusCode.Unavailable, $"failed to proxy request: {error.Message}");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or HttpProtocolException && !context.RequestAborted.IsCancellationRequested)
        {
            context.Abort(); // half an answer is with the caller already: a reset tells it
        }
    }

    private static HttpRequestMessage NewRequest(HttpContext context, Uri address)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var uri = new Uri(address.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        return new HttpRequestMessage(HttpMethod.Post, uri) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    private static void CopyRequestHeaders(HttpRequest from, HttpRequestMessage to)
    {
        foreach (var (name, values) in from.Headers)
        {
            if (name.StartsWith(':') || name.ToUpperInvariant() is "HOST" or "TE" or "CONTENT-LENGTH" or "TRANSFER-ENCODING" or "CONNECTION") continue;
            foreach (var value in values)
                if (!to.Headers.TryAddWithoutValidation(name, value))
                    to.Content!.Headers.TryAddWithoutValidation(name, value);
        }
        to.Headers.TE.ParseAdd("trailers");
    }

    private static async Task CopyAsync(HttpResponseMessage from, HttpContext context)
    {
        var to = context.Response;
        to.StatusCode = (int)from.StatusCode;
        foreach (var (name, values) in from.Headers.NonValidated) to.Headers[name] = values.ToArray();
        foreach (var (name, values) in from.Content.Headers.NonValidated)
            if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                to.Headers[name] = values.ToArray();
        // A status in the headers is the whole answer: a flush now would put an empty body behind it.
        if (from.Headers.NonValidated.Contains("grpc-status")) return;
        await to.BodyWriter.FlushAsync(context.RequestAborted);
        await using var body = await from.Content.ReadAsStreamAsync(context.RequestAborted);
        while (true)
        {
            var read = await body.ReadAsync(to.BodyWriter.GetMemory(16 << 10), context.RequestAborted);
            if (read == 0) break;
            to.BodyWriter.Advance(read);
            await to.BodyWriter.FlushAsync(context.RequestAborted);
        }
        foreach (var (name, values) in from.TrailingHeaders.NonValidated) to.AppendTrailer(name, values.ToArray());
    }

    private static Task FailAsync(HttpContext context, StatusCode code, string message)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)code).ToString();
        context.Response.Headers["grpc-message"] = Escape(message);
        return Task.CompletedTask;
    }

    // Text of the protocol: printable ASCII stays, all else and '%' are escaped.
    private static string Escape(string message) => string.Concat(System.Text.Encoding.UTF8.GetBytes(message)
        .Select(b => b is >= 0x20 and <= 0x7E and not (byte)'%' ? ((char)b).ToString() : $"%{b:X2}"));

    /// <summary>A request body that is sent while it arrives; every piece is flushed at once.</summary>
    private sealed class PassedBody(Stream source) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(16 << 10);
            try
            {
                await stream.FlushAsync(cancellationToken); // the headers of a call whose first message is late
                for (int read; (read = await source.ReadAsync(buffer, cancellationToken)) > 0;)
                {
                    await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                    await stream.FlushAsync(cancellationToken);
                }
            }
            finally
            {
                System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

using System.Net;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Resiliency;
using LocalDapr.Runtime.Telemetry.Traces;

namespace LocalDapr.Runtime.Invocation;

/// <summary>
/// Carries a call to the app it is for: in this process straight to the app, else over the callee's internal port. An answer of
/// whatever status is an answer; <see cref="DaprError"/> is thrown when there is none.
/// </summary>
internal sealed class Invoker(Sidecar sidecar, TargetResolver targets) : IDisposable
{
    /// <summary>Marks an answer of the other sidecar itself, not of its app.</summary>
    public const string RefusalHeader = "localdapr-refusal";

    private readonly HttpMessageInvoker _sidecars = new(new SocketsHttpHandler
    {
        UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null, ConnectTimeout = TimeSpan.FromSeconds(3),
        ConnectCallback = MiniGrpc.TcpConnect.OpenAsync,
    }.KeepHeaderBytes());

    public async ValueTask<InvocationAnswer> InvokeAsync(InvocationCall call, CancellationToken cancellation)
    {
        var policy = sidecar.Resiliency.App(call.AppId, call.Path);
        try
        {
            return await policy.ExecuteAsync(
                token => SendAsync(call, token),
                static answer => (int)answer.Response.StatusCode is >= 200 and < 400 ? null : FailureOf(answer),
                _ => call.IsRepeatable,
                cancellation);
        }
        catch (Exception error) when (error is HttpRequestException or TimeoutException or CircuitOpenException)
        {
            throw DaprErrors.InvokeFailed(call.AppId, error.Message);
        }
    }

    public void Dispose() => _sidecars.Dispose();

    private static Failure FailureOf(InvocationAnswer answer) =>
        new((int)answer.Response.StatusCode, answer.GrpcFailure is { } failure ? (int)failure.StatusCode : null);

    private async ValueTask<InvocationAnswer> SendAsync(InvocationCall call, CancellationToken cancellation) => targets.Find(call.AppId) switch
    {
        InvocationTarget.Local local when local.Callee == sidecar =>
            await CalleeSide.SendAsync(sidecar, call with { Caller = sidecar.AsCaller }, cancellation),
        InvocationTarget.Local local => await CalleeSpans.SendAsync(local.Callee, WithIds(call, local.Callee), cancellation),
        InvocationTarget.Remote remote => await SendAsync(WithIds(call, null), remote.Address, cancellation),
        InvocationTarget.External external => await SendAsync(call, external, cancellation),
        _ => throw DaprErrors.InvokeFailed(call.AppId, $"couldn't find service: {call.AppId}"),
    };

    // Only between a sidecar and its own app nobody needs to be named.
    private InvocationCall WithIds(InvocationCall call, Sidecar? callee)
    {
        var headers = new List<KeyValuePair<string, string>>(call.Headers)
        {
            new(WellKnownHeaders.CallerAppId, sidecar.Options.AppId),
            new(WellKnownHeaders.CallerNamespace, sidecar.Options.Namespace),
            new(WellKnownHeaders.CalleeAppId, callee?.Options.AppId ?? call.AppId.Split('.')[0]),
        };
        return call with { Headers = headers, Caller = sidecar.AsCaller };
    }

    private async ValueTask<InvocationAnswer> SendAsync(InvocationCall call, Uri address, CancellationToken cancellation)
    {
        using var request = NewRequest(call, $"{address.GetLeftPart(UriPartial.Authority)}/{call.Path}");
        request.Headers.Remove(WellKnownHeaders.Sidecar);
        request.Headers.Remove(WellKnownHeaders.TypeUrl);
        request.Headers.TryAddWithoutValidation(WellKnownHeaders.Sidecar, sidecar.Secret);
        if (call.TypeUrl.Length > 0) request.Headers.TryAddWithoutValidation(WellKnownHeaders.TypeUrl, Uri.EscapeDataString(call.TypeUrl));
        var response = await _sidecars.SendAsync(request, cancellation);
        if (!response.Headers.TryGetValues(RefusalHeader, out var refusal)) return new InvocationAnswer(response, default) { TypeUrl = TypeUrlOf(response) };
        using (response)
        {
            var why = await response.Content.ReadAsStringAsync(cancellation);
            throw refusal.First() == "403" ? DaprErrors.InvokeDenied(call.AppId, why) : DaprErrors.InvokeFailed(call.AppId, why);
        }
    }

    private async ValueTask<InvocationAnswer> SendAsync(InvocationCall call, InvocationTarget.External external, CancellationToken cancellation)
    {
        using var request = NewRequest(call with { ContentType = call.HttpContentType }, $"{external.BaseAddress.AbsoluteUri.TrimEnd('/')}/{call.Path}");
        foreach (var (name, value) in external.Headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, HeaderBytes.OfText(value));
        }
        return new InvocationAnswer(await _sidecars.SendAsync(request, cancellation), default);
    }

    private static string TypeUrlOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(WellKnownHeaders.TypeUrl, out var url) ? Uri.UnescapeDataString(url.First()) : "";

    private static HttpRequestMessage NewRequest(InvocationCall call, string url)
    {
        var uri = new Uri(url + call.Query, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(call.Verb, uri) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        CalleeSide.Fill(request, call);
        return request;
    }
}

using System.Diagnostics;
using DaprOrders.ServiceDefaults;
using Microsoft.Net.Http.Headers;

namespace DaprOrders.Gateway.Edge;

/// <summary>The services behind the sidecar, by app id. Bodies stream both ways. Safe for concurrent use.</summary>
internal sealed class Services : IDisposable
{
    private readonly HttpMessageInvoker http = new(Handler());
    private readonly string sidecar;
    private readonly string? apiToken;

    public Services(IConfiguration configuration)
    {
        sidecar = SidecarAddress.Of(configuration);
        apiToken = configuration["DAPR_API_TOKEN"];
    }

    public HttpRequestMessage Request(HttpMethod verb, string app, string pathAndQuery)
    {
        var request = new HttpRequestMessage(verb, new Uri($"{sidecar}/v1.0/invoke/{app}/method/{pathAndQuery.TrimStart('/')}"));
        if (!string.IsNullOrEmpty(apiToken)) request.Headers.Add("dapr-api-token", apiToken);
        if (Activity.Current is { Source.Name.Length: > 0, Id: { } span }) request.Headers.TryAddWithoutValidation(HeaderNames.TraceParent, span); // where the edge makes spans, else it is no part of the trace
        return request;
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation) => http.SendAsync(request, cancellation);

    public async Task<string> GetStringAsync(string app, string path, CancellationToken cancellation)
    {
        using var request = Request(HttpMethod.Get, app, path);
        using var response = await SendAsync(request, cancellation);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync(cancellation);
    }

    public void Dispose() => http.Dispose();

    /// <summary>What passes through is the caller's: neither unpacked nor traced here.</summary>
    private static SocketsHttpHandler Handler()
    {
        var handler = OutgoingHttp.ToSidecar();
        (handler.MaxConnectionsPerServer, handler.PooledConnectionIdleTimeout, handler.ActivityHeadersPropagator) = (1024, TimeSpan.FromMinutes(2), null);
        return handler;
    }
}

using System.Net.Http.Json;
using System.Text.Json;

namespace Dapr.Client;

/// <summary>Service invocation and health over the sidecar's HTTP API. Thread-safe.</summary>
internal sealed class HttpInvocation(Uri endpoint, string? apiToken, JsonSerializerOptions json) : IDisposable
{
    private static readonly HttpRequestOptionsKey<string> AppId = new("dapr-app-id");
    private static readonly HttpRequestOptionsKey<string> MethodName = new("dapr-method");
    private readonly HttpClient http = new(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2) }) { Timeout = Timeout.InfiniteTimeSpan };

    public HttpRequestMessage CreateRequest(HttpMethod verb, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> query)
    {
        ArgumentException.ThrowIfNullOrEmpty(appId);
        ArgumentNullException.ThrowIfNull(methodName);
        var path = $"v1.0/invoke/{appId}/method/{methodName.TrimStart('/')}";
        if (query.Count > 0)
        {
            path += (path.Contains('?', StringComparison.Ordinal) ? '&' : '?')
                + string.Join('&', query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"));
        }

        var request = new HttpRequestMessage(verb, new Uri(endpoint, path));
        request.Options.Set(AppId, appId);
        request.Options.Set(MethodName, methodName);
        if (apiToken is not null) request.Headers.Add("dapr-api-token", apiToken);
        return request;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            return await http.SendAsync(request, cancellation);
        }
        catch (HttpRequestException e)
        {
            throw Failed(request, e, null);
        }
    }

    public async Task<HttpResponseMessage> SendSuccessfullyAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        var response = await SendAsync(request, cancellation);
        return response.IsSuccessStatusCode ? response : throw Failed(request, new HttpRequestException($"The app answered {(int)response.StatusCode}.", null, response.StatusCode), response);
    }

    public async Task<T> ReadAsync<T>(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var response = await SendSuccessfullyAsync(request, cancellation);
        try
        {
            return (await response.Content.ReadFromJsonAsync<T>(json, cancellation))!;
        }
        catch (JsonException e)
        {
            throw Failed(request, e, response);
        }
    }

    public async Task<bool> IsHealthyAsync(string path, CancellationToken cancellation)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(endpoint, path), cancellation);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public void Dispose() => http.Dispose();

    private static InvocationException Failed(HttpRequestMessage request, Exception inner, HttpResponseMessage? response) =>
        new(request.Options.TryGetValue(AppId, out var app) ? app : "", request.Options.TryGetValue(MethodName, out var method) ? method : "", inner, response!);
}

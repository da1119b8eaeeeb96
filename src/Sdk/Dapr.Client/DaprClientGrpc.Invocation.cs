using System.Net.Http.Json;
using System.Text.Json;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;

namespace Dapr.Client;

internal sealed partial class DaprClientGrpc
{
    private const string UseHttp = "As the method it overrides.";
    private static readonly TimeSpan SidecarPoll = TimeSpan.FromMilliseconds(500);
    private static readonly HttpRequestOptionsKey<string> AppIdKey = new("dapr-app-id");
    private static readonly HttpRequestOptionsKey<string> MethodKey = new("dapr-method");

    public override HttpRequestMessage CreateInvokeMethodRequest(HttpMethod httpMethod, string appId, string methodName) =>
        CreateInvokeMethodRequest(httpMethod, appId, methodName, []);

    public override HttpRequestMessage CreateInvokeMethodRequest(
        HttpMethod httpMethod, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters)
    {
        ArgumentNullException.ThrowIfNull(httpMethod);
        ArgumentException.ThrowIfNullOrEmpty(appId);
        ArgumentNullException.ThrowIfNull(methodName);
        ArgumentNullException.ThrowIfNull(queryStringParameters);
        var path = $"/v1.0/invoke/{appId}/method/{methodName.TrimStart('/')}";
        if (queryStringParameters.Count > 0)
        {
            var query = queryStringParameters.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}");
            path += (path.Contains('?') ? '&' : '?') + string.Join('&', query);
        }

        var request = new HttpRequestMessage(httpMethod, new Uri(httpEndpoint, path));
        request.Options.Set(AppIdKey, appId);
        request.Options.Set(MethodKey, methodName);
        AddToken(request);
        return request;
    }

    public override HttpRequestMessage CreateInvokeMethodRequest<TRequest>(
        HttpMethod httpMethod, string appId, string methodName,
        IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters, TRequest data)
    {
        var request = CreateInvokeMethodRequest(httpMethod, appId, methodName, queryStringParameters);
        // Of known length: the sidecar repeats only calls whose body it can send again.
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(data, JsonSerializerOptions));
        request.Content.Headers.ContentType = new("application/json");
        return request;
    }

    public override HttpClient CreateInvokableHttpClient(string? appId = null) =>
        CreateInvokeHttpClient(appId, httpEndpoint.AbsoluteUri, apiToken);

    [Obsolete(UseHttp)]
    public override async Task<HttpResponseMessage> InvokeMethodWithResponseAsync(
        HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.RequestUri is not { IsAbsoluteUri: true } uri || !httpEndpoint.IsBaseOf(uri))
        {
            throw new InvalidOperationException("The request must come from CreateInvokeMethodRequest of this client.");
        }

        try
        {
            return await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw Failed(request, e, response: null);
        }
    }

    [Obsolete(UseHttp)]
    public override async Task InvokeMethodAsync(HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        var response = await InvokeMethodWithResponseAsync(request, cancellationToken).ConfigureAwait(false);
        ThrowUnlessSuccess(request, response);
        response.Dispose();
    }

    [Obsolete(UseHttp)]
    public override async Task<TResponse> InvokeMethodAsync<TResponse>(
        HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        var response = await InvokeMethodWithResponseAsync(request, cancellationToken).ConfigureAwait(false);
        ThrowUnlessSuccess(request, response);
        try
        {
            var value = await response.Content.ReadFromJsonAsync<TResponse>(JsonSerializerOptions, cancellationToken).ConfigureAwait(false);
            response.Dispose();
            return value!;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or HttpRequestException)
        {
            throw Failed(request, e, response);
        }
    }

    public override Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default) =>
        IsHealthyAsync("/v1.0/healthz", cancellationToken);

    public override Task<bool> CheckOutboundHealthAsync(CancellationToken cancellationToken = default) =>
        IsHealthyAsync("/v1.0/healthz/outbound", cancellationToken);

    public override async Task WaitForSidecarAsync(CancellationToken cancellationToken = default)
    {
        while (!await CheckOutboundHealthAsync(cancellationToken).ConfigureAwait(false))
        {
            await Task.Delay(SidecarPoll, cancellationToken).ConfigureAwait(false);
        }
    }

    public override Task ShutdownSidecarAsync(CancellationToken cancellationToken = default) =>
        CallAsync(DaprMethods.Shutdown, new ShutdownRequest(), "shut the sidecar down", cancellationToken);

    public override async Task<DaprMetadata> GetMetadataAsync(CancellationToken cancellationToken = default)
    {
        var metadata = await CallAsync(DaprMethods.GetMetadata, new GetMetadataRequest(), "read the metadata", cancellationToken)
            .ConfigureAwait(false);
        return new(
            metadata.Id,
            [.. (metadata.ActorRuntime?.ActiveActors ?? []).Select(actor => new DaprActorMetadata(actor.Type, actor.Count))],
            new Dictionary<string, string>(metadata.ExtendedMetadata),
            [.. metadata.RegisteredComponents.Select(c => new DaprComponentsMetadata(c.Name, c.Type, c.Version, [.. c.Capabilities]))]);
    }

    public override Task SetMetadataAsync(string attributeName, string attributeValue, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(attributeName);
        var request = new SetMetadataRequest { Key = attributeName, Value = attributeValue };
        return CallAsync(DaprMethods.SetMetadata, request, "set the metadata", cancellationToken);
    }

    private async Task<bool> IsHealthyAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(httpEndpoint, path));
        AddToken(request);
        try
        {
            using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void AddToken(HttpRequestMessage request)
    {
        if (apiToken is not null)
        {
            request.Headers.TryAddWithoutValidation("dapr-api-token", apiToken);
        }
    }

    private static void ThrowUnlessSuccess(HttpRequestMessage request, HttpResponseMessage response)
    {
        try
        {
            response.EnsureSuccessStatusCode();
        }
        catch (HttpRequestException e)
        {
            throw Failed(request, e, response);
        }
    }

    private static InvocationException Failed(HttpRequestMessage request, Exception cause, HttpResponseMessage? response) => new(
        request.Options.TryGetValue(AppIdKey, out var appId) ? appId : "",
        request.Options.TryGetValue(MethodKey, out var method) ? method : "",
        cause,
        response);
}

using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Dapr.Client;

public abstract partial class DaprClient
{
    private const string InvocationIsHttp = "Invoke methods with an HttpClient of CreateInvokableHttpClient, or with a gRPC client.";

    /// <summary>A POST of a method, to be sent with InvokeMethodAsync.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest(string appId, string methodName) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName);

    /// <summary>A POST of a method with a query string.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest(
        string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName, queryStringParameters);

    /// <summary>A request of a method.</summary>
    public abstract HttpRequestMessage CreateInvokeMethodRequest(HttpMethod httpMethod, string appId, string methodName);

    /// <summary>A request of a method with a query string.</summary>
    public abstract HttpRequestMessage CreateInvokeMethodRequest(
        HttpMethod httpMethod, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters);

    /// <summary>A POST of a method with a JSON body.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest<TRequest>(string appId, string methodName, TRequest data) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName, [], data);

    /// <summary>A request of a method with a query string and a JSON body.</summary>
    public abstract HttpRequestMessage CreateInvokeMethodRequest<TRequest>(
        HttpMethod httpMethod, string appId, string methodName,
        IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters, TRequest data);

    /// <summary>An HttpClient whose requests for http://{appId}/… go through this client's sidecar.</summary>
    public abstract HttpClient CreateInvokableHttpClient(string? appId = null);

    /// <summary>An HttpClient whose requests for http://{appId}/… go through the sidecar.</summary>
    public static HttpClient CreateInvokeHttpClient(string? appId = null, string? daprEndpoint = null, string? daprApiToken = null)
    {
        var handler = new InvocationHandler(daprApiToken ?? DaprDefaults.TokenOrNull())
        {
            InnerHandler = new SocketsHttpHandler { UseProxy = false, UseCookies = false, ConnectCallback = MiniGrpc.TcpConnect.OpenAsync },
            DefaultAppId = appId,
        };
        if (daprEndpoint is not null)
        {
            handler.DaprEndpoint = daprEndpoint;
        }

        return new HttpClient(handler) { BaseAddress = appId is null ? null : new Uri($"http://{appId}") };
    }

    /// <summary>A call invoker for a generated gRPC client, whose calls go to the app through the sidecar.</summary>
    public static CallInvoker CreateInvocationInvoker(string appId, string? daprEndpoint = null, string? daprApiToken = null)
    {
        var channel = GrpcChannel.ForAddress(daprEndpoint ?? DaprDefaults.GetDefaultGrpcEndpoint());
        return channel.Intercept(new InvocationInterceptor(appId, daprApiToken ?? DaprDefaults.GetDefaultDaprApiToken(null)));
    }

    /// <summary>Names the SDK and its version, for requests.</summary>
    protected static ProductInfoHeaderValue UserAgent() => new("dapr-sdk-dotnet", $"v{typeof(DaprClient).Assembly.GetName().Version}");

    /// <summary>Sends the request and returns the answer whatever its status; throws InvocationException when there was none.</summary>
    [Obsolete(InvocationIsHttp)]
    public abstract Task<HttpResponseMessage> InvokeMethodWithResponseAsync(HttpRequestMessage request, CancellationToken cancellationToken = default);

    /// <summary>Sends the request; throws InvocationException unless the answer's status is a success.</summary>
    [Obsolete(InvocationIsHttp)]
    public abstract Task InvokeMethodAsync(HttpRequestMessage request, CancellationToken cancellationToken = default);

    /// <summary>Sends the request and reads the answer's JSON.</summary>
    [Obsolete(InvocationIsHttp)]
    public abstract Task<TResponse> InvokeMethodAsync<TResponse>(HttpRequestMessage request, CancellationToken cancellationToken = default);

    /// <summary>Invokes a method of another app.</summary>
    [Obsolete(InvocationIsHttp)]
    public async Task InvokeMethodAsync(
        string appId, string methodName, CancellationToken cancellationToken = default)
    {
        using var request = CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName);
        await InvokeMethodAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Invokes a method of another app.</summary>
    [Obsolete(InvocationIsHttp)]
    public async Task InvokeMethodAsync(
        HttpMethod httpMethod, string appId, string methodName, CancellationToken cancellationToken = default)
    {
        using var request = CreateInvokeMethodRequest(httpMethod, appId, methodName);
        await InvokeMethodAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Invokes a method of another app.</summary>
    [Obsolete(InvocationIsHttp)]
    public async Task InvokeMethodAsync<TRequest>(
        string appId, string methodName, TRequest data, CancellationToken cancellationToken = default)
    {
        using var request = CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName, [], data);
        await InvokeMethodAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Invokes a method of another app.</summary>
    [Obsolete(InvocationIsHttp)]
    public async Task InvokeMethodAsync<TRequest>(
        HttpMethod httpMethod, string appId, string methodName, TRequest data, CancellationToken cancellationToken = default)
    {
        using var request = CreateInvokeMethodRequest(httpMethod, appId, methodName, [], data);
        await InvokeMethodAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Invokes a method of another app.</summary>
    [Obsolete(InvocationIsHttp)]
    public async Task<TResponse> InvokeMethodAsync<TResponse>(
        string appId, string methodName, CancellationToken cancellationToken = default)
    {
        using var request = CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName);
        return await InvokeMethodAsync<TResponse>(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Invokes a method of another app.</summary>
    [Obsolete(InvocationIsHttp)]
    public async Task<TResponse> InvokeMethodAsync<TResponse>(
        HttpMethod httpMethod, string appId, string methodName, CancellationToken cancellationToken = default)
    {
        using var request = CreateInvokeMethodRequest(httpMethod, appId, methodName);
        return await InvokeMethodAsync<TResponse>(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Invokes a method of another app.</summary>
    [Obsolete(InvocationIsHttp)]
    public async Task<TResponse> InvokeMethodAsync<TRequest, TResponse>(
        string appId, string methodName, TRequest data, CancellationToken cancellationToken = default)
    {
        using var request = CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName, [], data);
        return await InvokeMethodAsync<TResponse>(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Invokes a method of another app.</summary>
    [Obsolete(InvocationIsHttp)]
    public async Task<TResponse> InvokeMethodAsync<TRequest, TResponse>(
        HttpMethod httpMethod, string appId, string methodName, TRequest data, CancellationToken cancellationToken = default)
    {
        using var request = CreateInvokeMethodRequest(httpMethod, appId, methodName, [], data);
        return await InvokeMethodAsync<TResponse>(request, cancellationToken).ConfigureAwait(false);
    }
}

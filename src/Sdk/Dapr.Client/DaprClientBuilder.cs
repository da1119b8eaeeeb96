using System.Text.Json;

namespace Dapr.Client;

/// <summary>Builds a <see cref="DaprClient"/>. Without settings it finds the sidecar by DAPR_HTTP_ENDPOINT or DAPR_HTTP_PORT (3500), DAPR_GRPC_ENDPOINT or
/// DAPR_GRPC_PORT (50001) and DAPR_API_TOKEN. Not thread-safe.</summary>
public sealed class DaprClientBuilder
{
    private string httpEndpoint = Endpoint("DAPR_HTTP_ENDPOINT", "DAPR_HTTP_PORT", 3500);
    private string grpcEndpoint = Endpoint("DAPR_GRPC_ENDPOINT", "DAPR_GRPC_PORT", 50001);
    private string? apiToken = Environment.GetEnvironmentVariable("DAPR_API_TOKEN");
    private JsonSerializerOptions json = new(JsonSerializerDefaults.Web);

    /// <summary>Where the sidecar's HTTP API is.</summary>
    public DaprClientBuilder UseHttpEndpoint(string httpEndpoint)
    {
        this.httpEndpoint = httpEndpoint;
        return this;
    }

    /// <summary>Where the sidecar's gRPC API is.</summary>
    public DaprClientBuilder UseGrpcEndpoint(string grpcEndpoint)
    {
        this.grpcEndpoint = grpcEndpoint;
        return this;
    }

    /// <summary>How values become JSON.</summary>
    public DaprClientBuilder UseJsonSerializationOptions(JsonSerializerOptions options)
    {
        json = options;
        return this;
    }

    /// <summary>The token that the sidecar wants.</summary>
    public DaprClientBuilder UseDaprApiToken(string apiToken)
    {
        this.apiToken = apiToken;
        return this;
    }

    /// <summary>Throws <see cref="InvalidOperationException"/> for an endpoint that is neither http nor https.</summary>
    public DaprClient Build()
    {
        var grpc = new Uri(grpcEndpoint);
        if (grpc.Scheme is not ("http" or "https")) throw new InvalidOperationException("The gRPC endpoint must use http or https.");
        return new DaprClientGrpc(grpc, new Uri(httpEndpoint.TrimEnd('/') + "/"), string.IsNullOrEmpty(apiToken) ? null : apiToken, json);
    }

    private static string Endpoint(string url, string port, int standard) =>
        Environment.GetEnvironmentVariable(url) is { Length: > 0 } endpoint ? endpoint
        : $"http://127.0.0.1:{(Environment.GetEnvironmentVariable(port) is { Length: > 0 } given ? given : standard.ToString())}";
}

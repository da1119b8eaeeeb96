namespace Dapr.Client;

/// <summary>Where the sidecar is, by the environment it gave the app.</summary>
internal static class DaprDefaults
{
    public static string? ApiToken => Read("DAPR_API_TOKEN");

    public static Uri HttpEndpoint => new(Read("DAPR_HTTP_ENDPOINT") ?? $"http://127.0.0.1:{Read("DAPR_HTTP_PORT") ?? "3500"}");

    public static Uri GrpcEndpoint => new(Read("DAPR_GRPC_ENDPOINT") ?? $"http://127.0.0.1:{Read("DAPR_GRPC_PORT") ?? "50001"}");

    private static string? Read(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}

namespace Dapr.Actors.Wire;

/// <summary>The sidecar's address and token as the environment gives them.</summary>
internal static class SidecarAddress
{
    public static string HttpEndpoint(Func<string, string?>? read = null)
    {
        read ??= Environment.GetEnvironmentVariable;
        if (read("DAPR_HTTP_ENDPOINT") is { Length: > 0 } endpoint) return endpoint;
        return $"http://127.0.0.1:{(read("DAPR_HTTP_PORT") is { Length: > 0 } port ? port : "3500")}";
    }

    public static string? ApiToken(Func<string, string?>? read = null)
    {
        read ??= Environment.GetEnvironmentVariable;
        return read("DAPR_API_TOKEN") is { Length: > 0 } token ? token : null;
    }
}

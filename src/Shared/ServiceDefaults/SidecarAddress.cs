using Microsoft.Extensions.Configuration;

namespace DaprOrders.ServiceDefaults;

/// <summary>Where the sidecar's HTTP API is, as Dapr tells an app: DAPR_HTTP_ENDPOINT, else DAPR_HTTP_PORT of this machine.</summary>
public static class SidecarAddress
{
    /// <summary>Dapr's own port when nothing names one. Without a slash at the end.</summary>
    public static string Of(IConfiguration configuration) => Find(configuration) ?? "http://127.0.0.1:3500";

    /// <summary>Null where the process was started without a sidecar. Without a slash at the end.</summary>
    public static string? Find(IConfiguration configuration) =>
        configuration["DAPR_HTTP_ENDPOINT"] is { Length: > 0 } endpoint ? endpoint.TrimEnd('/')
        : configuration["DAPR_HTTP_PORT"] is { Length: > 0 } port ? $"http://127.0.0.1:{port}" : null;
}

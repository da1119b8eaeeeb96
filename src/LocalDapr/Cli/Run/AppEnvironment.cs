using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Cli.Run;

/// <summary>The environment that dapr run gives an app, then what the run file says.</summary>
internal static class AppEnvironment
{
    public static IReadOnlyDictionary<string, string> Of(AppSpec spec, Sidecar sidecar)
    {
        var options = sidecar.Options;
        var environment = new Dictionary<string, string>(spec.Environment, StringComparer.Ordinal)
        {
            ["APP_ID"] = spec.AppId,
            ["APP_CHANNEL_ADDRESS"] = options.AppChannelAddress,
            ["APP_PROTOCOL"] = options.AppProtocol,
            ["DAPR_HTTP_PORT"] = sidecar.HttpPort.ToString(),
            ["DAPR_GRPC_PORT"] = sidecar.GrpcPort.ToString(),
        };
        if (options.AppPort is { } port) environment["APP_PORT"] = port.ToString();
        if (Environment.GetEnvironmentVariable("DAPR_HOST_IP") is null) environment.TryAdd("DAPR_HOST_IP", "127.0.0.1");
        return environment;
    }
}

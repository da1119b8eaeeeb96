using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Cli.SidecarCommand;

/// <summary>Sidecar options out of daprd's flags.</summary>
internal static class SidecarFlags
{
    public static SidecarOptions Read(Flags flags)
    {
        var appPort = flags.Number("app-port") is > 0 and var port ? port : null as int?;
        var protocol = flags.Text("app-protocol") is { Length: > 0 } given ? given.ToLowerInvariant() : "http";
        if (protocol is not ("http" or "https" or "h2c" or "grpc" or "grpcs")) throw new StartupException($"flag --app-protocol: '{protocol}' is not supported");
        if (flags.Switch("app-ssl")) protocol = protocol switch { "http" => "https", "grpc" => "grpcs", _ => protocol };
        var defaults = new SidecarOptions { AppId = "" };
        return new SidecarOptions
        {
            AppId = flags.Text("app-id") is { Length: > 0 } id ? id : throw new StartupException("app-id parameter cannot be empty"),
            AppPort = appPort,
            AppProtocol = protocol,
            AppChannelAddress = flags.Text("app-channel-address") is { Length: > 0 } address ? address : defaults.AppChannelAddress,
            AppMaxConcurrency = flags.Number("app-max-concurrency") ?? -1,
            AppHealth = flags.Switch("enable-app-health-check") ? Health(flags) : null,
            DisabledInitEndpoints = [.. flags.Texts("disable-init-endpoints").SelectMany(t => t.Split(',', StringSplitOptions.TrimEntries))],
            AppBindingOptionsTimeout = flags.Text("app-binding-options-timeout") is { Length: > 0 } patience
                ? Duration(patience, "app-binding-options-timeout") : defaults.AppBindingOptionsTimeout,
            AllowedOrigins = flags.Text("allowed-origins") ?? "",
            HttpPort = flags.Number("dapr-http-port") ?? defaults.HttpPort,
            GrpcPort = flags.Number("dapr-grpc-port") ?? defaults.GrpcPort,
            InternalPort = flags.Number("dapr-internal-grpc-port") ?? 0,
            PublicPort = flags.Number("dapr-public-port"),
            MetricsPort = flags.Number("metrics-port"),
            ListenAddresses = flags.Text("dapr-listen-addresses") is { Length: > 0 } addresses
                ? addresses.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                : defaults.ListenAddresses,
            ResourcesPaths = [.. flags.Texts("resources-path").Concat(flags.Texts("components-path")).Where(p => p.Length > 0)],
            ConfigFiles = [.. flags.Texts("config").Where(p => p.Length > 0)],
            MaxBodyBytes = flags.Text("max-body-size") is { } size ? ByteSize.Parse(size)
                : flags.Number("dapr-http-max-request-size") is { } megabytes ? (long)megabytes << 20 : defaults.MaxBodyBytes,
            GracefulShutdown = TimeSpan.FromSeconds(flags.Number("dapr-graceful-shutdown-seconds") ?? 5),
            BlockShutdown = flags.Text("dapr-block-shutdown-duration") is { Length: > 0 } block ? Duration(block, "dapr-block-shutdown-duration") : default,
        };
    }

    private static AppHealthOptions Health(Flags flags) => new(
        flags.Text("app-health-check-path") is { Length: > 0 } path ? path : "/healthz",
        TimeSpan.FromSeconds(flags.Number("app-health-probe-interval") ?? 5),
        TimeSpan.FromMilliseconds(flags.Number("app-health-probe-timeout") ?? 500),
        flags.Number("app-health-threshold") ?? 3);

    private static TimeSpan Duration(string text, string flag) =>
        Runtime.GoDuration.TryParse(text, out var duration) ? duration : throw new StartupException($"flag --{flag}: '{text}' is no duration");
}

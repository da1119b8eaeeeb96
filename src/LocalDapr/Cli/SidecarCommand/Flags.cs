using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Cli.SidecarCommand;

/// <summary>
/// daprd's flags as Go parses them: one dash or two, <c>--name value</c> or <c>--name=value</c>, a bool alone is true. Flags that
/// daprd has and LocalDapr has no use for are accepted with a note; any other is refused.
/// </summary>
internal sealed class Flags
{
    private static readonly HashSet<string> Values = new(StringComparer.Ordinal)
    {
        "app-id", "app-port", "app-protocol", "app-channel-address", "app-max-concurrency", "disable-init-endpoints", "app-binding-options-timeout",
        "dapr-http-port", "dapr-grpc-port", "dapr-internal-grpc-port", "dapr-listen-addresses", "dapr-public-port", "metrics-port",
        "resources-path", "components-path", "config", "max-body-size", "dapr-http-max-request-size",
        "dapr-graceful-shutdown-seconds", "dapr-block-shutdown-duration", "log-level", "allowed-origins",
        "app-health-check-path", "app-health-probe-interval", "app-health-probe-timeout", "app-health-threshold",
    };

    private static readonly HashSet<string> Switches = new(StringComparer.Ordinal) { "app-ssl", "enable-app-health-check", "version" };

    private static readonly HashSet<string> UnusedValues = new(StringComparer.Ordinal)
    {
        "dapr-public-listen-address", "dapr-internal-grpc-listen-address",
        "metrics-listen-address", "profile-port", "unix-domain-socket", "mode", "control-plane-address", "sentry-address",
        "placement-host-address", "scheduler-host-address", "scheduler-job-streams", "actors-disseminate-timeout", "hot-reload-reconcile-interval",
        "read-buffer-size", "dapr-http-read-buffer-size", "log-file", "actors-service", "reminders-service",
        "control-plane-trust-domain", "control-plane-namespace", "trust-anchors-file", "sentry-request-jwt-audiences", "internal-service-name",
    };

    private static readonly HashSet<string> UnusedSwitches = new(StringComparer.Ordinal)
    {
        "enable-metrics", "enable-profiling", "enable-mtls", "disable-builtin-k8s-secret-store", "enable-api-logging", "log-as-json",
        "build-info", "wait",
    };

    private readonly Dictionary<string, List<string>> _given = new(StringComparer.Ordinal);

    public List<string> Notes { get; } = [];

    public static string Help => $"localdapr sidecar takes daprd's flags: {string.Join(", ", Values.Concat(Switches).Order().Select(f => $"--{f}"))}";

    public static Flags Parse(IReadOnlyList<string> args)
    {
        var flags = new Flags();
        for (var i = 0; i < args.Count; i++)
        {
            var text = args[i];
            if (!text.StartsWith('-')) throw new StartupException($"'{text}' is no flag");
            var (name, value) = Split(text.TrimStart('-'));
            var takesValue = Values.Contains(name) || UnusedValues.Contains(name);
            if (!takesValue && !Switches.Contains(name) && !UnusedSwitches.Contains(name))
                throw new StartupException($"flag --{name} is not known to daprd, nor to LocalDapr");
            if (takesValue && value is null)
                value = ++i < args.Count ? args[i] : throw new StartupException($"flag --{name} needs a value");
            flags.Add(name, value ?? "true");
        }
        return flags;
    }

    public string? Text(string name) => _given.GetValueOrDefault(name)?[^1];

    public IReadOnlyList<string> Texts(string name) => _given.GetValueOrDefault(name) ?? [];

    public bool Switch(string name) => Text(name) is { } text && text is "true" or "1" or "t" or "T" or "TRUE" or "True";

    public int? Number(string name) => Text(name) switch
    {
        null or "" => null,
        var text when int.TryParse(text, out var number) => number,
        var text => throw new StartupException($"flag --{name}: '{text}' is no number"),
    };

    private static (string Name, string? Value) Split(string flag)
    {
        var equals = flag.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (flag, null) : (flag[..equals], flag[(equals + 1)..]);
    }

    private void Add(string name, string value)
    {
        if (UnusedValues.Contains(name) || UnusedSwitches.Contains(name)) Notes.Add($"--{name} has no effect in LocalDapr");
        if (!_given.TryGetValue(name, out var values)) _given[name] = values = [];
        values.Add(value);
    }
}

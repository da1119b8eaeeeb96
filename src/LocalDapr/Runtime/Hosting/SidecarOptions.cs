namespace LocalDapr.Runtime.Hosting;

/// <summary>What the flags of daprd, or one app of a run file, say about a sidecar.</summary>
public sealed record SidecarOptions
{
    /// <summary>The Dapr id of the app.</summary>
    public required string AppId { get; init; }

    /// <summary>Where the app listens; null when it does not.</summary>
    public int? AppPort { get; init; }

    /// <summary>http, https, h2c, grpc or grpcs.</summary>
    public string AppProtocol { get; init; } = "http";

    /// <summary>The host of the app.</summary>
    public string AppChannelAddress { get; init; } = "127.0.0.1";

    /// <summary>Calls that run in the app at one time; 0 and below is no limit.</summary>
    public int AppMaxConcurrency { get; init; } = -1;

    /// <summary>Probing of the app, or null when it is off.</summary>
    public AppHealthOptions? AppHealth { get; init; }

    /// <summary>Init endpoints of the app that are not asked: config, subscribe.</summary>
    public IReadOnlyList<string> DisabledInitEndpoints { get; init; } = [];

    /// <summary>How long the app may take to say whether it wants an input binding.</summary>
    public TimeSpan AppBindingOptionsTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Pages that may call the HTTP API from a browser, by commas; empty leaves browsers to their own rule.</summary>
    public string AllowedOrigins { get; init; } = "";

    /// <summary>Port of the HTTP API; 0 takes a free one.</summary>
    public int HttpPort { get; init; } = 3500;

    /// <summary>Port of the gRPC API; 0 takes a free one.</summary>
    public int GrpcPort { get; init; } = 50001;

    /// <summary>Port for other sidecar processes; 0 takes a free one.</summary>
    public int InternalPort { get; init; }

    /// <summary>Port of health and metadata alone, or null.</summary>
    public int? PublicPort { get; init; }

    /// <summary>Port of the metrics, for Prometheus, or null when there are none.</summary>
    public int? MetricsPort { get; init; }

    /// <summary>Addresses that the APIs listen on.</summary>
    public IReadOnlyList<string> ListenAddresses { get; init; } = ["127.0.0.1"];

    /// <summary>Folders of resource files.</summary>
    public IReadOnlyList<string> ResourcesPaths { get; init; } = [];

    /// <summary>Files of kind Configuration; later ones win.</summary>
    public IReadOnlyList<string> ConfigFiles { get; init; } = [];

    /// <summary>The largest request body of both APIs.</summary>
    public long MaxBodyBytes { get; init; } = 4 << 20;

    /// <summary>How long an orderly stop may take.</summary>
    public TimeSpan GracefulShutdown { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the sidecar goes on serving after it was told to stop.</summary>
    public TimeSpan BlockShutdown { get; init; }

    /// <summary>What belongs to no component lies here: jobs.</summary>
    public string DataFolder { get; init; } = NonEmpty("LOCALDAPR_DATA")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".localdapr");

    /// <summary>Dapr namespace.</summary>
    public string Namespace { get; init; } = Environment.GetEnvironmentVariable("NAMESPACE") is { Length: > 0 } ns ? ns : "default";

    /// <summary>Token that callers of the APIs must send, or null.</summary>
    public string? ApiToken { get; init; } = NonEmpty("DAPR_API_TOKEN");

    /// <summary>Token sent to the app, or null.</summary>
    public string? AppApiToken { get; init; } = NonEmpty("APP_API_TOKEN");

    /// <summary>Shown in the metadata.</summary>
    public string? AppCommand { get; init; }

    internal static string? NonEmpty(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}

/// <summary>How the health of the app is probed.</summary>
/// <param name="Path">Path of the probe.</param>
/// <param name="Interval">Between two probes.</param>
/// <param name="Timeout">Of one probe.</param>
/// <param name="Threshold">Failures in a row that make the app unhealthy.</param>
public sealed record AppHealthOptions(string Path, TimeSpan Interval, TimeSpan Timeout, int Threshold);

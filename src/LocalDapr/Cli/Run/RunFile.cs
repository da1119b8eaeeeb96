using System.Text.Json.Nodes;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using YamlDotNet.Core;

namespace LocalDapr.Cli.Run;

/// <summary>One app of a run file, after the rules of precedence: the app's own value, then the common one, then the default.</summary>
internal sealed record AppSpec(string AppId, string Folder, IReadOnlyList<string> Command, SidecarOptions Sidecar)
{
    /// <summary>The app id, with a number for all but the first of several replicas.</summary>
    public string Label { get; init; } = AppId;

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the app's output goes: console, file, fileAndConsole.</summary>
    public string AppLog { get; init; } = "console";

    /// <summary>Where the sidecar's log goes.</summary>
    public string SidecarLog { get; init; } = "console";
}

/// <summary>Reads <c>dapr.yaml</c>. Everything wrong with it is a <see cref="StartupException"/> that names the file.</summary>
internal static class RunFile
{
    private static readonly string[] Destinations = ["console", "file", "fileAndConsole"];

    public static IReadOnlyList<AppSpec> Read(string path)
    {
        if (Directory.Exists(path)) path = Path.Combine(path, "dapr.yaml");
        if (!File.Exists(path)) throw new StartupException($"run file {path} does not exist");
        var root = Parse(path);
        if (root["version"].Text() != "1") throw new StartupException($"run file {path}: version must be 1");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var common = root["common"].Object() ?? [];
        var apps = root["apps"].Objects().Select(app => ReadApp(new Layers(app, common, folder, path))).ToList();
        if (apps.Count == 0) throw new StartupException($"run file {path} has no apps");
        return [.. apps.GroupBy(a => a.AppId).SelectMany(replicas => Labelled(replicas, path))];
    }

    // An app id that stands there several times is one app with several replicas, which its port tells apart.
    private static IEnumerable<AppSpec> Labelled(IEnumerable<AppSpec> replicas, string path)
    {
        var ports = new HashSet<int?>();
        foreach (var replica in replicas)
        {
            if (!ports.Add(replica.Sidecar.AppPort))
                throw new StartupException($"run file {path}: two apps are called {replica.AppId}; replicas of one app need an appPort each");
            yield return ports.Count == 1 ? replica : replica with { Label = $"{replica.AppId}#{ports.Count}" };
        }
    }

    private static JsonObject Parse(string path)
    {
        try
        {
            return YamlNodes.Parse(File.ReadAllText(path)).OfType<JsonObject>().FirstOrDefault() ?? throw new StartupException($"run file {path} is empty");
        }
        catch (Exception error) when (error is YamlException or InvalidCastException)
        {
            throw new StartupException($"run file {path} is no valid YAML: {error.Message}", error);
        }
    }

    private static AppSpec ReadApp(Layers layers)
    {
        var folder = layers.AppFolder;
        var appId = layers.Own("appID") ?? Path.GetFileName(folder.TrimEnd('/'));
        var command = layers.App["command"].Texts();
        return new AppSpec(appId, folder, command, Sidecar(layers, appId, command))
        {
            Environment = layers.Environment(),
            AppLog = Destination(layers, "appLogDestination"),
            SidecarLog = Destination(layers, "daprdLogDestination"),
        };
    }

    private static SidecarOptions Sidecar(Layers layers, string appId, IReadOnlyList<string> command)
    {
        var defaults = new SidecarOptions { AppId = appId };
        return defaults with
        {
            AppPort = layers.OwnNumber("appPort") is > 0 and var port ? port : null,
            AppProtocol = layers.Text("appProtocol") ?? "http",
            AppChannelAddress = layers.Own("appChannelAddress") ?? defaults.AppChannelAddress,
            AppMaxConcurrency = layers.Number("appMaxConcurrency") ?? -1,
            AppHealth = layers.Text("enableAppHealthCheck") == "true" ? Health(layers) : null,
            HttpPort = layers.OwnNumber("daprHTTPPort") ?? 0,
            GrpcPort = layers.OwnNumber("daprGRPCPort") ?? 0,
            InternalPort = layers.OwnNumber("daprInternalGRPCPort") ?? 0,
            MetricsPort = layers.OwnNumber("metricsPort"),
            ListenAddresses = layers.Text("apiListenAddresses") is { } addresses ? addresses.Split(',', StringSplitOptions.TrimEntries) : defaults.ListenAddresses,
            ResourcesPaths = layers.ResourcesPaths(),
            ConfigFiles = layers.ConfigFile() is { } config ? [config] : [],
            MaxBodyBytes = layers.Text("maxBodySize") is { } size ? SidecarCommand.ByteSize.Parse(size) : defaults.MaxBodyBytes,
            AppCommand = string.Join(' ', command),
        };
    }

    private static AppHealthOptions Health(Layers layers) => new(
        layers.Text("appHealthCheckPath") ?? "/healthz",
        TimeSpan.FromSeconds(layers.Number("appHealthProbeInterval") ?? 5),
        TimeSpan.FromMilliseconds(layers.Number("appHealthProbeTimeout") ?? 500),
        layers.Number("appHealthThreshold") ?? 3);

    private static string Destination(Layers layers, string name)
    {
        var value = layers.Text(name) ?? "console";
        return Destinations.Contains(value) ? value : throw layers.Wrong(name, $"'{value}' is none of {string.Join(", ", Destinations)}");
    }
}

/// <summary>An app's section over the common one. Paths of the app are relative to its folder, common ones to the run file.</summary>
internal sealed record Layers(JsonObject App, JsonObject Common, string RunFolder, string File)
{
    public string AppFolder { get; } = App["appDirPath"].Text() is { Length: > 0 } path
        ? Path.GetFullPath(Path.Combine(RunFolder, path))
        : throw new StartupException($"run file {File}: an app has no appDirPath");

    public string? Own(string name) => App[name].Text() is { Length: > 0 } text ? text : null;

    public string? Text(string name) => Own(name) ?? (Common[name].Text() is { Length: > 0 } text ? text : null);

    public int? OwnNumber(string name) => Number(name, Own(name));

    public int? Number(string name) => Number(name, Text(name));

    public IReadOnlyDictionary<string, string> Environment()
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in Common["env"].Object() ?? []) all[name] = value.Text() ?? "";
        foreach (var (name, value) in App["env"].Object() ?? []) all[name] = value.Text() ?? "";
        return all;
    }

    public IReadOnlyList<string> ResourcesPaths()
    {
        var own = App["resourcesPaths"].Texts();
        if (own.Count == 0 && Own("resourcesPath") is { } single) own = [single];
        if (own.Count > 0) return [.. own.Select(p => Path.GetFullPath(Path.Combine(AppFolder, p)))];
        var inApp = Path.Combine(AppFolder, ".dapr", "resources");
        if (Directory.Exists(inApp)) return [inApp];
        var common = Common["resourcesPaths"].Texts();
        if (common.Count == 0 && Common["resourcesPath"].Text() is { Length: > 0 } path) common = [path];
        return [.. common.Select(p => Path.GetFullPath(Path.Combine(RunFolder, p)))];
    }

    public string? ConfigFile()
    {
        if (Own("configFilePath") is { } own) return Path.GetFullPath(Path.Combine(AppFolder, own));
        var inApp = Path.Combine(AppFolder, ".dapr", "config.yaml");
        if (System.IO.File.Exists(inApp)) return inApp;
        return Common["configFilePath"].Text() is { Length: > 0 } common ? Path.GetFullPath(Path.Combine(RunFolder, common)) : null;
    }

    public StartupException Wrong(string name, string why) => new($"run file {File}, app in {AppFolder}: {name}: {why}");

    private int? Number(string name, string? text) => text is null ? null : int.TryParse(text, out var number) ? number : throw Wrong(name, $"'{text}' is no number");
}

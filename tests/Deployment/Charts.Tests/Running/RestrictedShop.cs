using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Charts.Tests.Rendering;
using DaprOrders.Shoppers;
using LocalDapr.Cli.Run;
using Xunit;

namespace Charts.Tests.Running;

/// <summary>
/// Every service behind the Configuration that the chart renders for it, with the chart's Subscriptions and Resiliency, on the back ends of the local set.
/// What the chart closes is closed: access control by caller, and the parts of the sidecar's API.
/// </summary>
internal sealed class RestrictedShop : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly string folder = Directory.CreateTempSubdirectory("daprorders-chart-").FullName;
    private readonly StringBuilder output = new();
    private readonly Dictionary<string, int> sidecars = [];
    private Process? host;

    public Shop Shop { get; private set; } = null!;

    /// <summary>What the host and the services said, for a failure's message.</summary>
    public string Output
    {
        get { lock (output) return output.ToString(); }
    }

    public static async Task<RestrictedShop> OpenAsync(CancellationToken cancellation)
    {
        var runtime = Path.Combine(Checkout.Root, "artifacts/bin/localdapr");
        Assert.SkipUnless(File.Exists(runtime) && File.Exists(Path.Combine(Checkout.Root, "src/Services/Gateway/bin/Release/net10.0/Gateway.dll")),
            "NOT TESTED: the services under the chart's Configurations. There is no release build here; ./test.sh and ./run.sh make one.");
        var restricted = new RestrictedShop();
        try
        {
            await restricted.StartAsync(runtime, cancellation);
            return restricted;
        }
        catch
        {
            await restricted.DisposeAsync();
            throw;
        }
    }

    /// <summary>The address of a service's own sidecar, as its app has it.</summary>
    public Uri SidecarOf(string service) => new($"http://127.0.0.1:{sidecars[service]}");

    public async ValueTask DisposeAsync()
    {
        Shop?.Dispose();
        if (host is { HasExited: false })
        {
            host.Kill(entireProcessTree: true);
            await host.WaitForExitAsync(CancellationToken.None);
        }

        host?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task StartAsync(string runtime, CancellationToken cancellation)
    {
        var rendered = await Rendered.OfAsync("default");
        await WriteResourcesAsync(rendered, cancellation);
        var ports = FreePort.Take(3);
        var (gateway, grpc, provider) = (ports[0], ports[1], ports[2]);
        await File.WriteAllTextAsync(Path.Combine(folder, "dapr.yaml"), RunFile(rendered).ToJsonString(), cancellation); // JSON is YAML
        host = Process.Start(new ProcessStartInfo(runtime, ["run", "-f", Path.Combine(folder, "dapr.yaml"), "--free-app-ports"])
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, Environment =
            {
                ["NAMESPACE"] = "orders", ["ASPNETCORE_ENVIRONMENT"] = "Development", ["DAPRORDERS_DATA"] = folder, ["DAPRORDERS_PORT"] = $"{gateway}", ["DAPRORDERS_GRPC_PORT"] = $"{grpc}",
                ["PAYMENT_PROVIDER_PORT"] = $"{provider}", ["PAYMENT_PROVIDER_URL"] = $"http://127.0.0.1:{provider}",
            },
        })!;
        host.OutputDataReceived += Keep;
        host.ErrorDataReceived += Keep;
        host.BeginOutputReadLine();
        host.BeginErrorReadLine();
        Shop = new Shop(new Uri($"http://127.0.0.1:{gateway}"));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        for (var clock = Stopwatch.StartNew(); !await Shop.IsReadyAsync(cancellation); await timer.WaitForNextTickAsync(cancellation))
            Assert.True(clock.Elapsed < Patience && !host.HasExited, $"The shop did not open:\n{Output}");
    }

    private async Task WriteResourcesAsync(Rendered rendered, CancellationToken cancellation)
    {
        var resources = Directory.CreateDirectory(Path.Combine(folder, "resources")).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(Checkout.Root, "components/local"), "*.yaml"))
            if (Yaml.Documents(await File.ReadAllTextAsync(file, cancellation)).All(document => document.Text("kind") == "Component")) File.Copy(file, Path.Combine(resources, Path.GetFileName(file)));
        foreach (var resource in rendered.Objects.Where(o => o.Text("kind") is "Subscription" or "Resiliency"))
            await File.WriteAllTextAsync(Path.Combine(resources, $"{resource.Text("kind")}-{resource.Text("metadata.name")}.yaml"), resource.ToJsonString(), cancellation);
        foreach (var configuration in rendered.Of("Configuration"))
            await File.WriteAllTextAsync(ConfigurationOf(configuration.At("metadata.labels")!["app.kubernetes.io/name"]!.ToString()), configuration.ToJsonString(), cancellation);
    }

    /// <summary>The repository's own run file, each app with the chart's Configuration.</summary>
    private JsonObject RunFile(Rendered rendered)
    {
        var file = Yaml.Documents(Checkout.Read("dapr.yaml")).Single().AsObject();
        var common = file["common"]!.AsObject();
        common["resourcesPaths"] = new JsonArray(Path.Combine(folder, "resources"));
        common.Remove("configFilePath");
        foreach (var app in file["apps"]!.AsArray().Select(app => app!.AsObject()))
        {
            var name = app["appID"]!.ToString();
            app["appDirPath"] = Path.Combine(Checkout.Root, app["appDirPath"]!.ToString());
            app["daprHTTPPort"] = sidecars[name] = FreePort.Take(1)[0];
            if (rendered.Workloads().Any(pod => pod.Service == name && pod.HasSidecar)) app["configFilePath"] = ConfigurationOf(name);
        }

        return file;
    }

    private string ConfigurationOf(string service) => Path.Combine(folder, $"configuration-{service}.yaml");

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (output) output.AppendLine(line.Data);
    }
}

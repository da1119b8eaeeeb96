using System.Text.RegularExpressions;
using DaprOrders.Contracts;
using Xunit;

namespace DaprOrders.Components.Tests;

/// <summary>dapr.yaml as `dapr run -f .` and `localdapr run -f` read it: only fields that the Dapr CLI knows, and nothing that is not there.</summary>
public sealed class RunFileTests
{
    private static readonly string[] Shared =
    [
        "configFilePath", "appProtocol", "apiListenAddresses", "enableProfiling", "logLevel", "appMaxConcurrency", "placementHostAddress", "schedulerHostAddress", "resourcesPath",
        "resourcesPaths", "appSSL", "maxBodySize", "readBufferSize", "enableAppHealthCheck", "appHealthCheckPath", "appHealthProbeInterval", "appHealthProbeTimeout", "appHealthThreshold",
        "enableApiLogging", "runtimePath", "env", "daprdLogDestination", "appLogDestination",
    ];
    private static readonly string[] OfApps =
    [
        .. Shared, "appDirPath", "appID", "appChannelAddress", "appPort", "daprHTTPPort", "daprGRPCPort", "daprInternalGRPCPort", "profilePort", "metricsPort", "command",
        "unixDomainSocket", "containerImage", "containerImagePullPolicy", "createService",
    ];

    [Fact]
    public void Every_field_is_one_that_the_Dapr_CLI_knows()
    {
        Assert.Equal("1", RunFile.Root.Text("version"));
        Assert.Subset(new HashSet<string> { "version", "name", "common", "apps" }, RunFile.Root.Names().ToHashSet());
        Assert.Subset(Shared.ToHashSet(), RunFile.Root.Map("common").Names().ToHashSet());
        Assert.All(RunFile.Apps, app => Assert.Subset(OfApps.ToHashSet(), app.Names().ToHashSet()));
    }

    [Fact]
    public void Every_service_is_started_from_the_folder_and_assembly_that_its_project_builds()
    {
        Assert.Equal(RunFile.AppIds.Count, RunFile.AppIds.Distinct().Count());
        foreach (var app in RunFile.Apps)
        {
            var project = Assert.Single(Directory.GetFiles(Repository.PathOf(app.Text("appDirPath")), "*.csproj"));
            Assert.Equal(["dotnet", $"bin/Release/net10.0/{Path.GetFileNameWithoutExtension(project)}.dll"], app.Texts("command"));
        }
    }

    [Fact]
    public void Every_app_id_of_the_contracts_is_started_and_every_service_folder_is_one()
    {
        var ids = typeof(Apps).GetFields().Select(field => (string)field.GetRawConstantValue()!);
        Assert.Subset(RunFile.AppIds.ToHashSet(), ids.ToHashSet());

        var folders = Directory.GetDirectories(Repository.PathOf("src/Services")).Where(folder => Directory.GetFiles(folder, "*.csproj").Length > 0);
        Assert.All(folders, folder => Assert.Contains(Path.GetRelativePath(Repository.Root, folder), RunFile.Apps.Select(app => app.Text("appDirPath"))));
    }

    [Fact]
    public void Ports_are_free_of_each_other_and_given_to_everybody_who_is_called()
    {
        var ports = RunFile.Apps.Select(app => app.Text("appPort")).Where(port => port.Length > 0).ToList();
        Assert.Equal(ports.Count, ports.Distinct().Count());

        // Gateway and provider are called from outside, never by a sidecar.
        Assert.All(RunFile.Apps.Where(app => app.Text("appID") is not (Apps.Gateway or "payment-provider")), app => Assert.NotEmpty(app.Text("appPort")));
    }

    [Fact]
    public void The_resources_and_the_configuration_are_those_of_one_set()
    {
        var common = RunFile.Root.Map("common")!;
        var folder = Assert.Single(common.Texts("resourcesPaths"));
        Assert.True(Directory.Exists(Repository.PathOf(folder)), $"{folder} does not exist");
        Assert.True(File.Exists(Repository.PathOf(common.Text("configFilePath"))), $"{common.Text("configFilePath")} does not exist");
        Assert.Equal(folder, Path.GetDirectoryName(common.Text("configFilePath")));
        Assert.DoesNotMatch(new Regex(@"(?m)^\s*(appDirPath|command|resourcesPaths|configFilePath):.*(\.\./|: */)"), File.ReadAllText(Repository.PathOf("dapr.yaml")));
    }
}

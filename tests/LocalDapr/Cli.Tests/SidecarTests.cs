using Xunit;

namespace LocalDapr.Cli.Tests;

/// <summary><c>localdapr sidecar</c> as a process of its own.</summary>
public sealed class SidecarTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("localdapr-sidecar-");
    private CliProcess? _cli;

    private string ConfigFile => Path.Combine(_folder.FullName, "config.yaml");

    public void Dispose()
    {
        _cli?.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task SIGHUP_begins_it_anew_with_the_configuration_as_it_is_now()
    {
        Configure("{}");
        _cli = CliProcess.Start("sidecar", "--app-id", "app", "--config", ConfigFile, "--dapr-http-port", "0", "--dapr-grpc-port", "0");
        await _cli.SeenAsync("Sidecar of app is ready");

        Configure("{tracing: {otel: {endpointAddress: 'nowhere', protocol: 'smoke'}, samplingRate: '1'} }");
        _cli.Signal("HUP");

        Assert.Equal(1, await _cli.ExitAsync());
        Assert.Contains("SIGHUP: configuration and resources are read again", _cli.Output, StringComparison.Ordinal);
        Assert.Contains("smoke", _cli.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_SIGHUP_it_serves_on_and_SIGTERM_ends_it_with_0()
    {
        Configure("{}");
        _cli = CliProcess.Start("sidecar", "--app-id", "first", "--config", ConfigFile, "--dapr-http-port", "0", "--dapr-grpc-port", "0");
        await _cli.SeenAsync("Sidecar of first is ready");

        _cli.Signal("HUP");
        await _cli.SeenAsync("SIGHUP");
        await _cli.SeenAsync("Sidecar of first is ready", times: 2);
        _cli.Signal("TERM");

        Assert.Equal(0, await _cli.ExitAsync());
    }

    private void Configure(string spec) => File.WriteAllText(
        ConfigFile, $"apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: {{name: config}}\nspec: {spec}\n");
}

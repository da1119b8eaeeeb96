using Charts.Tests.Rendering;
using LocalDapr.Cli.Run;
using Xunit;

namespace Charts.Tests.Images;

/// <summary>
/// One image, built whole by the Dockerfile on bases that are made of this machine's files, and started as a cluster would: read-only, without capabilities.
/// Needs a Docker daemon; packages come from this machine's cache.
/// </summary>
public sealed class ImageTests
{
    private const string Sdk = "daprorders-test/sdk:local", Runtime = "daprorders-test/runtime:local", Image = "daprorders-test/gateway:local";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_built_image_starts_read_only_answers_for_its_health_and_stops_when_told()
    {
        var docker = await DockerAsync();
        await MakeBaseAsync(docker, "runtime", Runtime, "ENV DOTNET_ROOT=/usr/share/dotnet");
        await MakeBaseAsync(docker, "sdk", Sdk, "ENV DOTNET_ROOT=/usr/share/dotnet HOME=/home/build PATH=/usr/bin:/bin DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 NUGET_CERT_REVOCATION_MODE=offline NuGetAudit=false");
        await RunAsync(docker, "build", "--network=host", "--build-arg", $"SDK_IMAGE={Sdk}", "--build-arg", $"RUNTIME_IMAGE={Runtime}", "--build-arg", "SERVICE=Services/Gateway", "-t", Image, ".");

        var port = FreePort.Take(1)[0];
        var id = (await RunAsync(docker, "run", "--detach", "--network=host", "--read-only", "--tmpfs", "/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges",
            "--env", $"APP_PORT={port}", "--env", $"DAPRORDERS_PORT={port}", "--env", "DAPRORDERS_BIND=127.0.0.1", Image)).Trim();
        using var http = new HttpClient();
        try
        {
            await IsWellAsync(docker, id);
            Assert.Contains("live", await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/health/live"), Cancellation));
            Assert.NotEqual(0, (await Command.RunAsync(docker, ["exec", id, "/app/service", "--health", $"http://127.0.0.1:{port}/nothing"])).ExitCode);
            Assert.NotEqual(0, (await Command.RunAsync(docker, ["exec", id, "/bin/sh", "-c", "true"])).ExitCode);
            Assert.Equal("1654:1654", (await RunAsync(docker, "inspect", "--format", "{{.Config.User}}", id)).Trim());
            Assert.Contains("daprorders Services/Gateway", await RunAsync(docker, "inspect", "--format", "{{json .Config.Labels}}", id));
            await RunAsync(docker, "stop", "--time", "20", id);
            Assert.Equal("0", (await RunAsync(docker, "inspect", "--format", "{{.State.ExitCode}}", id)).Trim());
        }
        finally
        {
            await Command.RunAsync(docker, ["rm", "--force", id]);
        }
    }

    private static async Task<string> DockerAsync()
    {
        if (Command.Find("docker") is { } docker && (await Command.RunAsync(docker, ["info"])).ExitCode == 0) return docker;
        Assert.Skip("NOT TESTED: the image. No Docker daemon answers here; on a machine where one does, this test builds an image and starts it.");
        return "";
    }

    private static async Task MakeBaseAsync(string docker, string kind, string image, string change)
    {
        if ((await Command.RunAsync(docker, ["image", "inspect", image])).ExitCode == 0) return;
        var script = Path.Combine(Checkout.Tests, "Images/local-base.sh");
        var made = await Command.RunAsync("bash", ["-c", $"set -o pipefail; '{script}' {kind} | '{docker}' import --change '{change}' - {image}"]);
        Assert.True(made.ExitCode == 0, made.All);
    }

    private static async Task<string> RunAsync(string docker, params string[] arguments)
    {
        var result = await Command.RunAsync(docker, arguments);
        Assert.True(result.ExitCode == 0, $"docker {string.Join(' ', arguments)}: {result.All}");
        return result.Output;
    }

    /// <summary>Asks with the image's own probe, each of which takes its time, until it passes or the limit is over.</summary>
    private static async Task IsWellAsync(string docker, string id)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Patience);
        CommandResult probe;
        while ((probe = await Command.RunAsync(docker, ["exec", id, "/app/service", "--health"])).ExitCode != 0)
            if (limit.IsCancellationRequested) Assert.Fail($"{probe.All}\n{(await Command.RunAsync(docker, ["logs", id])).All}");
    }
}

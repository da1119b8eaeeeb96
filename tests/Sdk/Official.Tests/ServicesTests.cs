using System.Diagnostics;
using System.Reflection;
using Xunit;

namespace Sdk.Official.Tests;

/// <summary>The swap itself: the services as they are, built with the official packages in the place of our Sdk.</summary>
public sealed class ServicesTests
{
    private static readonly string Services = Metadata("Services");

    [Fact]
    public void The_filter_holds_every_service()
    {
        var filter = File.ReadAllText(Path.Combine(Services, "Services.slnf"));

        Assert.All(
            Directory.EnumerateFiles(Services, "*.csproj", SearchOption.AllDirectories),
            project => Assert.Contains($"\\\\{Path.GetFileName(project)}", filter, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_service_builds_against_the_official_packages()
    {
        var start = new ProcessStartInfo("dotnet", ["build", "Services.slnf", "-p:DaprSdk=official", "-c", Metadata("Configuration"), "-v", "q", "-nologo", "-nodereuse:false"])
        {
            WorkingDirectory = Services,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What the test's own build and host have set is not the services' business.
        foreach (var name in start.Environment.Keys.Where(key => key.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        using var build = Process.Start(start)!;
        var output = build.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = build.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await build.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(build.ExitCode == 0, $"{await output}\n{await errors}");
        var taken = File.ReadAllText(Path.Combine(Services, "../../artifacts/official/obj/Ordering/project.assets.json"));
        Assert.Contains("\"Dapr.Workflow/1.", taken, StringComparison.Ordinal);
        Assert.DoesNotContain("src/Sdk/", taken, StringComparison.Ordinal);
    }

    private static string Metadata(string key) =>
        typeof(ServicesTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(m => m.Key == key).Value!;
}

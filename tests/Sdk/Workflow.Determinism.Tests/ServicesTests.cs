using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Xunit;

namespace Workflow.Determinism.Tests;

public sealed class ServicesTests
{
    [Theory]
    [InlineData("project")]
    [InlineData("official")]
    public async Task The_service_with_the_workflows_is_built_with_the_analyzer(string sdk)
    {
        var services = typeof(ServicesTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(m => m.Key == "Services").Value!;
        var start = new ProcessStartInfo("dotnet", ["msbuild", "Ordering/Ordering.csproj", "-getItem:ProjectReference", $"-p:DaprSdk={sdk}"])
        {
            WorkingDirectory = services,
            RedirectStandardOutput = true,
        };
        using var msbuild = Process.Start(start)!;
        var output = await msbuild.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await msbuild.WaitForExitAsync(TestContext.Current.CancellationToken);

        using var items = JsonDocument.Parse(output);
        var analyzer = items.RootElement.GetProperty("Items").GetProperty("ProjectReference").EnumerateArray()
            .Single(item => item.GetProperty("Filename").GetString() == "Workflow.Determinism");
        Assert.Equal("Analyzer", analyzer.GetProperty("OutputItemType").GetString());
    }
}

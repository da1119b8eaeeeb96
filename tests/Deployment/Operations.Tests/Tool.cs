using System.Diagnostics;
using Xunit;

namespace DaprOrders.Operations.Tests;

/// <summary>A program of Debian's package prometheus, taken from PATH.</summary>
internal static class Tool
{
    /// <summary>Its path; skips the test, loudly, where it is not installed.</summary>
    public static string Find(string name)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, $"NOT TESTED: {name} is not installed here; it is in Debian's package prometheus (.ci/run installs it).");
        return path!;
    }

    public static async Task<(int ExitCode, string Output)> RunAsync(string path, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}

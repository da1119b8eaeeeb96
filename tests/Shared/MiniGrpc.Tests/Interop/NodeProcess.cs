using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Xunit;

namespace MiniGrpc.Tests.Interop;

/// <summary>
/// A node program beside the tests, with the packages of package-lock.json, speaking lines of JSON. It ends when its input does.
/// </summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly SemaphoreSlim s_installing = new(1);

    private readonly Process _process;
    private readonly Channel<JsonObject> _lines = Channel.CreateUnbounded<JsonObject>();
    private readonly Task _reading;

    private NodeProcess(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    public ChannelReader<JsonObject> Lines => _lines.Reader;

    public static async Task<NodeProcess> StartAsync(string script, JsonObject settings)
    {
        await InstallAsync();
        return new NodeProcess(Start("node", [script, settings.ToJsonString()]));
    }

    public async Task WriteAsync(JsonObject line)
    {
        await _process.StandardInput.WriteLineAsync(line.ToJsonString());
        await _process.StandardInput.FlushAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        var errors = _process.StandardError.ReadToEndAsync();
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            _lines.Writer.TryWrite(JsonNode.Parse(line)!.AsObject());
        }

        var text = await errors;
        _lines.Writer.TryComplete(new InvalidOperationException($"node has ended: {text}"));
    }

    /// <summary>Once for a lock file: the folder keeps a copy of the one that it was filled from.</summary>
    private static async Task InstallAsync()
    {
        Assert.SkipUnless(
            IsThere("node") && IsThere("npm"), "INTEROP WITH GRPC-JS IS NOT TESTED: node and npm (20 or later) are not in the PATH.");
        await s_installing.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            var wanted = await File.ReadAllTextAsync(Path.Combine(Folder, "package-lock.json"));
            var stamp = Path.Combine(Folder, "node_modules", ".filled-from");
            if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp) == wanted)
            {
                return;
            }

            using var npm = Start("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
            var output = await Task.WhenAll(npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
            await npm.WaitForExitAsync();
            Assert.True(npm.ExitCode == 0, $"npm ci failed: {string.Concat(output)}");
            await File.WriteAllTextAsync(stamp, wanted);
        }
        finally
        {
            s_installing.Release();
        }
    }

    private static string Folder { get; } = FindFolder();

    private static string FindFolder()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Interop", "package-lock.json")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run outside their checkout.");
        }

        return Path.Combine(folder, "Interop");
    }

    private static bool IsThere(string tool) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, tool)));

    private static Process Start(string tool, string[] arguments) =>
        Process.Start(new ProcessStartInfo(tool, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}

using System.Diagnostics;
using System.Text;
using DaprOrders.Services.Support;
using LocalDapr.Cli.Run;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace DaprOrders.Services.Support;

/// <summary>
/// A PostgreSQL of Debian's package, on a free port of this machine and a folder of its own, for all tests of an assembly. It refuses to run as root, so
/// then it runs as its package's user. Started when the first test asks.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("ordering-postgres-").FullName;
    private readonly StringBuilder output = new();
    private readonly Lazy<Task> started;
    private Process? server;
    private int port;
    private int databases;

    public PostgresServer() => started = new Lazy<Task>(StartAsync);

    /// <summary>A new, empty database; skips the test, loudly, where there is no PostgreSQL.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        Assert.SkipWhen(Find("postgres") is null, "NOT TESTED: PostgreSQL. It is not installed here; it is in Debian's package postgresql (.ci/run installs it).");
        await started.Value;
        var name = $"orders{Interlocked.Increment(ref databases)}";
        await ExecuteAsync(ConnectionTo("postgres"), $"CREATE DATABASE {name}");
        return ConnectionTo(name);
    }

    public static async Task<T> ExecuteAsync<T>(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public static async Task ExecuteAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (server is { HasExited: false })
        {
            using var stop = Start(Find("pg_ctl")!, "stop", "-D", Path.Combine(folder, "data"), "-m", "immediate");
            await stop.WaitForExitAsync();
            await server.WaitForExitAsync();
        }

        server?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task StartAsync()
    {
        port = FreePort.Take(1)[0];
        if (Environment.UserName == "root") await RunAsync("chown", User, folder);
        await RunAsPostgresAsync(Find("initdb")!, "-D", Path.Combine(folder, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N");
        server = Start(Find("postgres")!, "-D", Path.Combine(folder, "data"), "-p", $"{port}", "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200");
        server.OutputDataReceived += (_, line) => Note(line.Data);
        server.ErrorDataReceived += (_, line) => Note(line.Data);
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        await Until.FoundAsync(async () =>
        {
            try
            {
                await ExecuteAsync(ConnectionTo("postgres"), "SELECT 1");
                return "open";
            }
            catch (NpgsqlException)
            {
                return null;
            }
        }, $"PostgreSQL, which says: {output}");
    }

    private string ConnectionTo(string database) => $"Host=127.0.0.1;Port={port};Username=postgres;Database={database};Pooling=true";

    private void Note(string? line)
    {
        lock (output) output.AppendLine(line);
    }

    private static string User => File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Concat(Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(version => Path.Combine(version, "bin")) : [])
        .Select(path => Path.Combine(path, program)).FirstOrDefault(File.Exists);

    private static Task RunAsPostgresAsync(string program, params string[] arguments) => RunToEndAsync(Start(program, arguments));

    private static Process Start(string program, params string[] arguments)
    {
        string[] all = Environment.UserName == "root" ? ["setpriv", $"--reuid={User}", "--clear-groups", "--", program, .. arguments] : [program, .. arguments];
        return Process.Start(new ProcessStartInfo(all[0], all[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;
    }

    private static Task RunAsync(string program, params string[] arguments) =>
        RunToEndAsync(Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!);

    private static async Task RunToEndAsync(Process process)
    {
        using (process)
        {
            var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, string.Concat(said));
        }
    }
}

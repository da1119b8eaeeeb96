using System.Diagnostics;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.EventStore.Postgres;
using DaprOrders.Ordering.Orders;
using DaprOrders.Ordering.Tests;
using DaprOrders.Services.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace DaprOrders.Move.Tests;

/// <summary>The data folder of a shop that stands still: its event store by Ordering's own code, its Dapr state in LocalDapr's layout.</summary>
internal sealed class FilesOfAShop : IDisposable
{
    private const string Waits = """
        SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() WHERE l.locktype = 'advisory' AND l.objid = 42 AND NOT l.granted)
        """;

    public string Folder { get; } = Directory.CreateTempSubdirectory("daprorders-move-").FullName;

    /// <summary>Orders o1 … on, of which the first was confirmed, the second waits for approval, and the others have only been accepted.</summary>
    public async Task PlaceAsync(int first, int count)
    {
        await using var store = Some.Store(Folder);
        await Task.WhenAll(Enumerable.Range(first, count).Select(i => store.PlaceAsync($"o{i}", $"k{i}", $"answer {i}")));
        if (first > 1) return;
        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved), new Happening(OrderEventNames.Confirmed)], Some.Now);
        await store.AppendAsync("o2", _ => [new Happening(OrderEventNames.ApprovalRequested)], Some.Now);
        await store.SetPublishedAsync([new Mark(0, 0, 7)]);
    }

    /// <summary>The tables of LocalDapr in shop.db, with these statements after them.</summary>
    public void MakeState(string more = "")
    {
        const string Columns = "(key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, is_binary BOOLEAN NOT NULL, etag TEXT NOT NULL, expiration_time TIMESTAMP, update_time TIMESTAMP)";
        Execute("shop.db", $"""
            PRAGMA journal_mode = WAL;
            CREATE TABLE documents {Columns}; CREATE TABLE state {Columns};
            CREATE TABLE pubsub_topic (id INTEGER PRIMARY KEY, name TEXT, last INTEGER);
            CREATE TABLE pubsub_group (id INTEGER PRIMARY KEY, topic INTEGER, name TEXT, position INTEGER);
            CREATE TABLE pubsub_lease (id INTEGER PRIMARY KEY, consumers INTEGER, first INTEGER, count INTEGER);
            CREATE TABLE workflow_instance (hub TEXT, id TEXT, status INTEGER);
            CREATE TABLE actor_reminders (id TEXT);
            {more}
            """);
    }

    public void Execute(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Folder, file)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public IReadOnlyList<string> Read(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Folder, file)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var rows = command.ExecuteReader();
        var all = new List<string>();
        while (rows.Read()) all.Add(rows.GetString(0));
        return all;
    }

    /// <summary>The tool as an operator runs it, a process of its own.</summary>
    public Process Start(params string[] options) => Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Move.dll"), "--data", Folder, .. options])
    {
        RedirectStandardOutput = true, RedirectStandardError = true,
    })!;

    public async Task<(int Code, string Said)> MoveAsync(params string[] options)
    {
        using var process = Start(options);
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, string.Concat(said));
    }

    /// <summary>Kills -9 a move that is in the middle of this table: its rows cannot be written while somebody holds them up.</summary>
    public async Task KillInTheMiddleOfAsync(string table, string database, params string[] options)
    {
        await using var holder = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ToString()); // the lock ends with it
        await holder.OpenAsync(TestContext.Current.CancellationToken);
        foreach (var sql in new[]
        {
            "CREATE OR REPLACE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NEW; END $f$",
            $"CREATE TRIGGER hold_up BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION hold_up()",
            "SELECT pg_advisory_lock(42)",
        })
        {
            await using var command = new NpgsqlCommand(sql, holder);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        using var process = Start(options);
        await Until.FoundAsync(async () => await PostgresServer.ExecuteAsync<bool>(database, Waits) ? "held" : null,
            $"a move that is writing {table}");
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public static OrderEventStore In(string database) => new(new PostgresTables(database, "tests", NullLogger<PostgresTables>.Instance), new OrderWatch());

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

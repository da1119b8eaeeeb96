using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using DaprOrders.Services.Support;
using DaprOrders.Shoppers;
using Microsoft.Data.Sqlite;
using Npgsql;
using Xunit;

namespace DaprOrders.EndToEnd;

/// <summary>
/// A shop that began on files grows (docs/growing.md), first its orders, then everything. No daprd is here to take over at the end: a LocalDapr that has
/// nothing but what stands in daprd's tables does, so whatever the move left behind is missed.
/// </summary>
public sealed class MoveTests(PostgresServer postgres, ITestOutputHelper output) : Buying(new RunningShop()), IAsyncLifetime
{
    private const int Orders = 150, Skus = 200;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => Shop.DisposeAsync();

    [Fact]
    public async Task It_keeps_every_order_on_the_way_to_PostgreSQL_and_goes_on_with_those_under_way()
    {
        var (orders, state) = (await postgres.NewDatabaseAsync(), await postgres.NewDatabaseAsync());
        await Shop.InitializeAsync();
        await Shop.Shop.StockShelvesAsync(Shop.Operator, Skus, Cancellation);
        await PlaceManyAsync("files");
        var dear = await ShelfAsync(5, 1_000_001);
        var (approved, rejected) = (await PlaceAsync(dear, 1, "tok_visa_ok"), await PlaceAsync(dear, 2, "tok_visa_ok"));
        await UntilAsync(approved, "awaiting-approval");
        await UntilAsync(rejected, "awaiting-approval");
        var books = await BooksAsync(dear);
        await Shop.StopAsync();

        await KillAMoveAsync(orders);
        await MoveAsync("--orders", orders);
        Assert.Contains("ORDERING_STORE=postgres", await RefusalAsync());
        Shop.Postgres = orders;
        await Shop.InitializeAsync();

        Assert.Contains("2 in flight (2 await approval); lost 0, duplicated 0, money 0, stock 0: CONSISTENT", Shop.Output); // and nobody waited for them
        Assert.Equal(books, await BooksAsync(dear));
        await PlaceManyAsync("files"); // the same keys: the same answers, and no new order
        Assert.Equal(books, await BooksAsync(dear));
        await PlaceManyAsync("postgres");
        await AssertConsistentAsync(accepted: (2 * Orders) + 2, inFlight: 2);
        books = await BooksAsync(dear);
        await BusIsReadAsync();
        await Shop.StopAsync();

        await MoveAsync("--orders", orders, "--state", state);
        Assert.Contains("moved to PostgreSQL", await RefusalAsync());
        await BeginANewRuntimeAsync(state);
        await Shop.InitializeAsync();

        Assert.Equal(books, await BooksAsync(dear));
        await EndAsync(approved, "approve", "confirmed");
        await EndAsync(rejected, "reject", "rejected");
        Assert.Equal(4, (await GetAsync($"/products/{dear}")).GetProperty("available").GetInt64());
        await PlaceManyAsync("everything");
        await AssertConsistentAsync(accepted: (3 * Orders) + 2, inFlight: 0);
    }

    /// <summary>Orders as the list gives them, oldest last, and what is on the shelves.</summary>
    private async Task<string> BooksAsync(string more)
    {
        var books = new StringBuilder();
        await foreach (var order in Shop.Shop.OrdersAsync(Shop.Operator, status: null, Cancellation)) books.AppendLine(order.GetRawText());
        foreach (var sku in Enumerable.Range(0, Skus).Select(DemoOrders.Sku).Append(more)) books.AppendLine((await Shop.Shop.GetAsync($"/products/{sku}", Shop.Operator, Cancellation)).GetRawText());
        return books.ToString();
    }

    private async Task PlaceManyAsync(string run)
    {
        var (file, tally) = (Path.Combine(Shop.Data, "orders.jsonl"), new Tally());
        DemoOrders.Write(file, Orders, seed: 7);
        await new Placing(Shop.Shop, Shop.Customer, run, 32, tally).AllAsync(File.ReadAllLines(file), Cancellation).WaitAsync(TimeSpan.FromMinutes(3), Cancellation);
        Assert.Equal((Orders, Orders), (tally.Accepted, tally.ByStatus.Where(s => s.Key is "confirmed" or "rejected").Sum(s => s.Value)));
    }

    private async Task AssertConsistentAsync(int accepted, int inFlight)
    {
        using var answer = await Shop.Shop.SendAsync(HttpMethod.Post, "/audit/run", Shop.Operator, "{}", null, Cancellation);
        var verdict = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;
        Assert.True(verdict.GetProperty("consistent").GetBoolean(), $"{verdict}");
        Assert.Equal((accepted, inFlight), (verdict.GetProperty("accepted").GetInt32(), verdict.GetProperty("inFlight").GetInt32()));
    }

    private async Task EndAsync(string id, string act, string status)
    {
        using var decided = await DecideAsync(id, act, key: act);
        Assert.Equal(HttpStatusCode.Accepted, decided.StatusCode);
        await UntilAsync(id, status);
    }

    private Process StartMove(params string[] options) => Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Move.dll"), "--data", Shop.Data, .. options])
    {
        RedirectStandardOutput = true, RedirectStandardError = true,
    })!;

    private async Task MoveAsync(params string[] options)
    {
        using var move = StartMove(options);
        var said = string.Concat(await Task.WhenAll(move.StandardOutput.ReadToEndAsync(Cancellation), move.StandardError.ReadToEndAsync(Cancellation)));
        await move.WaitForExitAsync(Cancellation);
        output.WriteLine(said);
        Assert.True(move.ExitCode == 0, said);
    }

    /// <summary>kill -9 as soon as it has begun on the database.</summary>
    private async Task KillAMoveAsync(string database)
    {
        using var move = StartMove("--orders", database);
        await Until.FoundAsync(async () => await PostgresServer.ExecuteAsync<bool>(database, "SELECT to_regclass('daprorders_moved') IS NOT NULL") ? "begun" : null, "a move that has begun");
        move.Kill();
        await move.WaitForExitAsync(Cancellation);
    }

    private async Task<string> RefusalAsync()
    {
        using var run = Process.Start(new ProcessStartInfo("bash", [Path.Combine(RunningShop.Root(), "run.sh"), "--count", "0", "--data", Shop.Data]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = await run.StandardError.ReadToEndAsync(Cancellation);
        await run.WaitForExitAsync(Cancellation);
        Assert.Equal(3, run.ExitCode);
        return said;
    }

    /// <summary>What docs/growing.md waits a minute for.</summary>
    private async Task BusIsReadAsync()
    {
        await using var file = new SqliteConnection($"Data Source={Path.Combine(Shop.Data, "shop.db")};Mode=ReadOnly;Pooling=False");
        await file.OpenAsync(Cancellation);
        await Until.FoundAsync(async () =>
        {
            await using var command = file.CreateCommand();
            command.CommandText = "SELECT (SELECT count(*) FROM pubsub_group g JOIN pubsub_topic t ON t.id = g.topic WHERE g.position < t.last) + (SELECT count(*) FROM pubsub_lease)";
            return (long)(await command.ExecuteScalarAsync(Cancellation))! == 0 ? "read" : null;
        }, "a bus that was read to its end");
    }

    /// <summary>Instead of the files of the old one: no workflow, no bus, and the state that daprd would find in PostgreSQL.</summary>
    private async Task BeginANewRuntimeAsync(string state)
    {
        foreach (var old in Directory.EnumerateFiles(Shop.Data, "shop.db*").Append(Path.Combine(Shop.Data, "moved.json"))) File.Delete(old);
        await using var file = new SqliteConnection($"Data Source={Path.Combine(Shop.Data, "shop.db")};Pooling=False");
        await file.OpenAsync(Cancellation);
        await using var source = NpgsqlDataSource.Create(state);
        foreach (var (from, to) in new[] { ("documents_state", "documents"), ("actors_state", "state") })
        {
            await using var transaction = (SqliteTransaction)await file.BeginTransactionAsync(Cancellation);
            await using var insert = file.CreateCommand();
            insert.CommandText = $"""
                CREATE TABLE IF NOT EXISTS {to} (
                  key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, is_binary BOOLEAN NOT NULL, etag TEXT NOT NULL, expiration_time TIMESTAMP DEFAULT NULL, update_time TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
                INSERT INTO {to}(key, value, is_binary, etag, expiration_time) SELECT $key, $value, 1, $etag, $expires
                """;
            await using var rows = await source.CreateCommand($"SELECT key, encode(value, 'base64'), etag::text, to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') FROM {from}").ExecuteReaderAsync(Cancellation);
            while (await rows.ReadAsync(Cancellation))
            {
                insert.Parameters.Clear();
                foreach (var (name, column) in new[] { ("$key", 0), ("$value", 1), ("$etag", 2), ("$expires", 3) }) insert.Parameters.AddWithValue(name, rows.GetValue(column));
                await insert.ExecuteNonQueryAsync(Cancellation);
            }

            await transaction.CommitAsync(Cancellation);
        }
    }
}

using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using DaprOrders.Ordering.Tests;
using DaprOrders.Services.Support;
using Npgsql;
using Xunit;

namespace DaprOrders.Move.Tests;

public sealed class StateTests(PostgresServer postgres) : IDisposable
{
    private const string Etag = "6f1c9a52-58f2-4a39-9d0b-0d2b5a0f7d11";
    private readonly FilesOfAShop files = new();

    [Fact]
    public async Task The_components_state_is_in_daprds_tables_with_its_etags_and_its_times()
    {
        await files.PlaceAsync(1, 3);
        files.MakeState($"""
            INSERT INTO documents VALUES
              ('payments||payment-o1', 'aGVsbG8=', 1, '{Etag}', NULL, NULL), ('customers||ümlaut', '"text"', 0, '{Etag}', '2999-01-02 03:04:05.678', NULL), ('notifications||old', 'x', 0, '{Etag}', '2020-01-01 00:00:00.000', NULL);
            INSERT INTO state VALUES ('inventory||StockActor||tea||shelf', '123', 0, '{Etag}', NULL, NULL);
            """);
        var (orders, state) = (await postgres.NewDatabaseAsync(), await postgres.NewDatabaseAsync());

        var (code, said) = await files.MoveAsync("--orders", orders, "--state", state);

        Assert.True(code == 0, said);
        Assert.Equal(("hello", Etag, null), await GetAsync(state, "documents_state", "payments||payment-o1"));
        Assert.Equal(("\"text\"", Etag, new DateTime(2999, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc)), await GetAsync(state, "documents_state", "customers||ümlaut"));
        Assert.Equal(("123", Etag, null), await GetAsync(state, "actors_state", "inventory||StockActor||tea||shelf"));
        Assert.Equal(2, await PostgresServer.ExecuteAsync<long>(state, "SELECT count(*) FROM documents_state")); // what had expired stayed behind
        Assert.Equal("2 2", await PostgresServer.ExecuteAsync<string>(state, "SELECT string_agg(value, ' ') FROM dapr_metadata WHERE key IN ('migrations-state-v2-documents_', 'migrations-state-v2-actors_')"));
        Assert.Contains("\"state\"", await File.ReadAllTextAsync(Path.Combine(files.Folder, "moved.json"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Sagas_of_orders_on_their_way_and_refunds_are_told_to_begin_again_once()
    {
        await files.PlaceAsync(1, 5);
        files.MakeState("INSERT INTO workflow_instance VALUES ('ordering', 'o2', NULL), ('ordering', 'o1', 1)");
        await using (var store = Some.Store(files.Folder))
        {
            await store.AppendAsync("o3", _ => [new Happening(OrderEventNames.Rejected, "out-of-stock")], Some.Now);
            await store.AppendAsync("o4", _ => [new Happening(OrderEventNames.Confirmed)], Some.Now);
            await store.DecideAsync("o4", null, order => (order with { RefundReason = "broken" }, SagaCommand.Refund), Some.Now);
        }

        var (orders, state) = (await postgres.NewDatabaseAsync(), await postgres.NewDatabaseAsync());

        Assert.Equal(0, (await files.MoveAsync("--orders", orders)).Code);
        var (code, said) = await files.MoveAsync("--orders", orders, "--state", state); // the state later than the orders
        var again = await files.MoveAsync("--orders", orders, "--state", state);

        Assert.True(code == 0, said);
        Assert.Contains("3 of open orders will begin again (1 workflows stay behind)", said);
        Assert.Equal("o2,o4,o5", await PostgresServer.ExecuteAsync<string>(orders, "SELECT string_agg(order_id, ',' ORDER BY id) FROM commands WHERE act = 'resume'"));
        Assert.Contains("nothing to do", again.Said);
    }

    [Fact]
    public async Task Killed_between_orders_and_state_the_shop_may_go_on_with_its_files_and_moves_later_with_what_came_since()
    {
        await files.PlaceAsync(1, 10);
        files.MakeState(Rows(500));
        var (orders, state) = (await postgres.NewDatabaseAsync(), await postgres.NewDatabaseAsync());
        Assert.Equal(0, (await files.MoveAsync("--orders", orders, "--state", state, "--check")).Code);

        await files.KillInTheMiddleOfAsync("actors_state", state, "--orders", orders, "--state", state);
        Assert.Equal(10, await PostgresServer.ExecuteAsync<long>(orders, "SELECT count(*) FROM orders"));
        await files.PlaceAsync(11, 2);
        var (code, said) = await files.MoveAsync("--orders", orders, "--state", state);

        Assert.True(code == 0, said);
        Assert.Equal(12, await PostgresServer.ExecuteAsync<long>(orders, "SELECT count(*) FROM orders"));
        Assert.Equal(11, await PostgresServer.ExecuteAsync<long>(orders, "SELECT count(*) FROM commands WHERE act = 'resume'")); // all but the confirmed one
        Assert.Equal(500, await PostgresServer.ExecuteAsync<long>(state, "SELECT count(*) FROM actors_state"));
        Assert.Contains("documents   documents_state", said);
    }

    [Fact]
    public async Task A_part_that_was_copied_is_not_copied_again_and_one_that_a_shop_works_on_is_left_alone()
    {
        await files.PlaceAsync(1, 3);
        files.MakeState(Rows(3));
        var (orders, state) = (await postgres.NewDatabaseAsync(), await postgres.NewDatabaseAsync());
        Assert.Equal(0, (await files.MoveAsync("--orders", orders, "--state", state, "--check")).Code);

        await files.KillInTheMiddleOfAsync("actors_state", state, "--orders", orders, "--state", state);
        await using (var shop = FilesOfAShop.In(orders)) await shop.PlaceAsync("o9", "k9");
        var (code, said) = await files.MoveAsync("--orders", orders, "--state", state);
        Assert.True(code == 3, said);
        Assert.Contains("written since", said);

        await PostgresServer.ExecuteAsync(orders, "DELETE FROM orders WHERE order_id = 'o9'; DELETE FROM order_events WHERE order_id = 'o9'; DELETE FROM answers WHERE order_id = 'o9'; DELETE FROM commands WHERE order_id = 'o9'");
        (code, said) = await files.MoveAsync("--orders", orders, "--state", state);
        Assert.True(code == 0, said);
        Assert.Matches("orders +order_events .* copied and compared before", said);
        Assert.Matches("statestore +actors_state .* copied, read back, equal", said);
    }

    [Theory]
    [InlineData("INSERT INTO pubsub_topic VALUES (1, 'orders', 9); INSERT INTO pubsub_group VALUES (1, 1, 'notifications', 7)", "orders (notifications): up to 2")]
    [InlineData("INSERT INTO pubsub_topic VALUES (1, 'orders', 9); INSERT INTO pubsub_group VALUES (1, 1, 'auditor', 9); INSERT INTO pubsub_lease VALUES (1, 1, 8, 2)", "orders (auditor): up to 2")]
    [InlineData("INSERT INTO pubsub_topic VALUES (1, 'orders', 9)", "orders (nobody listens): up to 9")]
    [InlineData("INSERT INTO actor_reminders VALUES ('r')", "1 reminders")]
    public async Task What_only_LocalDapr_could_carry_out_is_refused_before_anything_is_copied(string sql, string why)
    {
        await files.PlaceAsync(1, 2);
        files.MakeState(sql);
        var (orders, state) = (await postgres.NewDatabaseAsync(), await postgres.NewDatabaseAsync());

        var (code, said) = await files.MoveAsync("--orders", orders, "--state", state);

        Assert.True(code == 3, said);
        Assert.Contains(why, said);
        Assert.False(await PostgresServer.ExecuteAsync<bool>(orders, "SELECT to_regclass('orders') IS NOT NULL"));
    }

    [Fact]
    public async Task State_in_the_target_is_never_written_over()
    {
        await files.PlaceAsync(1, 2);
        files.MakeState(Rows(2));
        var database = await postgres.NewDatabaseAsync(); // one for both
        await PostgresServer.ExecuteAsync(database, "CREATE TABLE actors_state(key text PRIMARY KEY, value bytea NOT NULL, etag uuid NOT NULL, expires_at timestamptz); INSERT INTO actors_state VALUES('theirs', '', gen_random_uuid())");

        var (code, said) = await files.MoveAsync("--orders", database, "--state", database);

        Assert.True(code == 3, said);
        Assert.Contains("actors_state", said);
        Assert.Equal(0, await PostgresServer.ExecuteAsync<long>(database, "SELECT count(*) FROM orders"));
    }

    public void Dispose() => files.Dispose();

    private static string Rows(int count) => $"""
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
        INSERT INTO state SELECT 'inventory||StockActor||tea||' || i, i, 0, '{Etag}', NULL, NULL FROM n
        """;

    /// <summary>As daprd 1.18 reads.</summary>
    private static async Task<(string? Value, string? Etag, DateTime? Expires)> GetAsync(string database, string table, string key)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand($"SELECT value, etag, expires_at FROM {table} WHERE key = $1 AND (expires_at IS NULL OR expires_at >= now())");
        command.Parameters.Add(new() { Value = key });
        await using var row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        return await row.ReadAsync(TestContext.Current.CancellationToken)
            ? (System.Text.Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(0)), $"{row.GetGuid(1)}", row.IsDBNull(2) ? null : row.GetDateTime(2)) : (null, null, null);
    }
}

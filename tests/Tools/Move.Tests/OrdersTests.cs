using System.Text;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Tests;
using DaprOrders.Services.Support;
using Xunit;

namespace DaprOrders.Move.Tests;

public sealed class OrdersTests(PostgresServer postgres) : IDisposable
{
    private readonly FilesOfAShop files = new();

    [Fact]
    public async Task Orders_events_answers_and_commands_are_in_PostgreSQL_as_they_were_in_the_file()
    {
        await files.PlaceAsync(1, 40);
        var database = await postgres.NewDatabaseAsync();
        var before = await ReadAsync(Some.Store(files.Folder));

        var (code, said) = await files.MoveAsync("--orders", database);

        Assert.True(code == 0, said);
        Assert.Equal(before, await ReadAsync(FilesOfAShop.In(database)));
        Assert.Matches(@"order_events +43 rows  SHA-256 [0-9a-f]{16}  copied, read back, equal", said);
        Assert.Equal(7, await PostgresServer.ExecuteAsync<long>(database, "SELECT min(position) FROM relay"));
        Assert.Equal(7, await PostgresServer.ExecuteAsync<long>(database, "SELECT max(position) FROM relay"));
    }

    [Fact]
    public async Task The_shop_goes_on_in_PostgreSQL_where_it_stood()
    {
        await files.PlaceAsync(1, 3);
        var database = await postgres.NewDatabaseAsync();
        Assert.Equal(0, (await files.MoveAsync("--orders", database)).Code);

        await using var store = FilesOfAShop.In(database);
        var old = await store.PlaceAsync("other", "k3", "another answer");
        var fresh = await store.PlaceAsync("o4", "k4");
        await store.AppendAsync("o2", _ => [new Happening("approved")], Some.Now);

        Assert.Equal(("o3", "answer 3", false), (old.OrderId, Encoding.UTF8.GetString(old.Answer), old.IsNew));
        Assert.True(fresh.IsNew);
        Assert.Equal("o4", (await store.Read.PageAsync(long.MaxValue, 1, null, null))[0].State.View.OrderId);
        Assert.Equal([7L, 8L], (await store.Read.EventsOfAsync("o4")).Concat(await store.Read.EventsOfAsync("o2")).Select(e => e.Position).Where(position => position > 6).Order());
        Assert.Equal(0, (await store.VerifyAsync()).Differences);
    }

    [Fact]
    public async Task The_file_is_opened_by_no_Ordering_any_more_and_a_second_move_finds_nothing_to_do()
    {
        await files.PlaceAsync(1, 2);
        var database = await postgres.NewDatabaseAsync();
        Assert.Equal(0, (await files.MoveAsync("--orders", database)).Code);

        var (code, said) = await files.MoveAsync("--orders", database);

        Assert.Equal(0, code);
        Assert.Contains("nothing to do", said);
        Assert.Contains("ORDERING_STORE=postgres", Assert.Throws<InvalidOperationException>(() => Some.Store(files.Folder)).Message);
    }

    [Fact]
    public async Task Killed_in_the_middle_of_a_table_it_leaves_nothing_and_moves_everything_when_it_is_run_again()
    {
        await files.PlaceAsync(1, 30);
        var database = await postgres.NewDatabaseAsync();
        Assert.Equal(0, (await files.MoveAsync("--orders", database, "--check")).Code);
        var before = await ReadAsync(Some.Store(files.Folder));

        await files.KillInTheMiddleOfAsync("answers", database, "--orders", database);

        Assert.Equal(0, await PostgresServer.ExecuteAsync<long>(database, "SELECT count(*) FROM order_events"));
        Assert.Equal(before, await ReadAsync(Some.Store(files.Folder))); // the shop could go on with its files
        var (code, said) = await files.MoveAsync("--orders", database);
        Assert.True(code == 0, said);
        Assert.Equal(before, await ReadAsync(FilesOfAShop.In(database)));
    }

    /// <summary>Whoever adds a table to the event store meets this test, and tells the move of it.</summary>
    [Fact]
    public async Task Every_table_of_the_event_store_is_moved_or_known_not_to_be()
    {
        await files.PlaceAsync(1, 2);
        var database = await postgres.NewDatabaseAsync();
        var (code, said) = await files.MoveAsync("--orders", database);
        Assert.True(code == 0, said);
        var moved = said.Split('\n').Where(line => line.StartsWith("orders ", StringComparison.Ordinal)).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]).ToList();

        var file = files.Read("ordering.db", "SELECT name FROM sqlite_master WHERE type = 'table'");
        var tables = (await PostgresServer.ExecuteAsync<string>(database, "SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = 'public'")).Split(',');

        Assert.Equal(["relay", "sqlite_sequence"], file.Except(moved).Order()); // the mark goes with the part; numbers follow the rows
        Assert.Equal(["daprorders_moved", "format", "members", "relay", "terms"], tables.Except(moved).Order()); // of processes that share a database, and the move's own
    }

    [Fact]
    public async Task A_target_that_holds_something_is_refused_and_stays_as_it_is()
    {
        await files.PlaceAsync(1, 2);
        var database = await postgres.NewDatabaseAsync();
        await using (var other = FilesOfAShop.In(database)) await other.PlaceAsync("theirs", "key");

        var (code, said) = await files.MoveAsync("--orders", database);

        Assert.True(code == 3, said);
        Assert.Contains("order_events", said);
        Assert.Contains("not empty", said);
        Assert.Equal("theirs", await PostgresServer.ExecuteAsync<string>(database, "SELECT string_agg(order_id, ',') FROM orders"));
    }

    [Fact]
    public async Task Another_shop_is_not_moved_over_one_that_was_moved()
    {
        await files.PlaceAsync(1, 2);
        var database = await postgres.NewDatabaseAsync();
        Assert.Equal(0, (await files.MoveAsync("--orders", database)).Code);
        using var others = new FilesOfAShop();
        await others.PlaceAsync(1, 2);

        var (code, said) = await others.MoveAsync("--orders", database);

        Assert.True(code == 3, said);
        Assert.Contains("another shop's orders", said);
    }

    [Fact]
    public async Task A_file_that_a_process_has_open_is_not_moved()
    {
        await files.PlaceAsync(1, 2);
        var database = await postgres.NewDatabaseAsync();
        await using var shop = Some.Store(files.Folder);

        var (code, said) = await files.MoveAsync("--orders", database);

        Assert.True(code == 3, said);
        Assert.Contains("Stop it", said);
        Assert.Contains("ordering.db", said);
    }

    [Fact]
    public async Task A_folder_that_run_sh_is_using_is_not_moved()
    {
        await files.PlaceAsync(1, 2);
        var database = await postgres.NewDatabaseAsync();
        await using var run = new FileStream(Path.Combine(files.Folder, "lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        Assert.Equal(3, (await files.MoveAsync("--orders", database)).Code);
    }

    [Fact]
    public async Task A_target_that_an_Ordering_works_on_is_refused()
    {
        await files.PlaceAsync(1, 2);
        var database = await postgres.NewDatabaseAsync();
        await using var ordering = FilesOfAShop.In(database);
        await ordering.Read.LeaseAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        var (code, said) = await files.MoveAsync("--orders", database);

        Assert.True(code == 3, said);
        Assert.Contains("An Ordering", said);
    }

    [Theory]
    [InlineData("--orders is missing")]
    [InlineData("unknown option --colour", "--colour", "red")]
    [InlineData("--data needs a value", "--orders", "Host=h", "--data")]
    [InlineData("no connection string", "--orders", "Colour=red")]
    public void A_wrong_command_line_is_told_what_is_wrong(string problem, params string[] args)
    {
        Assert.Null(MoveOptions.Parse(args, _ => null, out var said));
        Assert.Contains(problem, said);
    }

    [Fact]
    public async Task A_folder_without_a_shop_and_a_database_that_is_away_are_said_plainly()
    {
        var (refused, why) = await files.MoveAsync("--orders", "Host=127.0.0.1;Port=1;Database=none");
        await files.PlaceAsync(1, 2);
        var (failed, how) = await files.MoveAsync("--orders", "Host=127.0.0.1;Port=1;Database=none");

        Assert.Equal((3, 1), (refused, failed));
        Assert.Contains("no ordering.db", why);
        Assert.Contains("run it again", how);
    }

    public void Dispose() => files.Dispose();

    /// <summary>Everything that the store answers, as text; places of orders, which differ by design, by their rank only.</summary>
    private static async Task<string> ReadAsync(OrderEventStore store)
    {
        await using (store)
        {
            var text = new StringBuilder();
            var orders = await store.Read.InOrderOfAcceptanceAsync(0, 1000);
            foreach (var order in orders)
            {
                text.AppendLine($"{order.State.View} {order.State.PaymentToken} {string.Join(',', order.State.Events)}");
                foreach (var e in await store.Read.EventsOfAsync(order.State.View.OrderId)) text.AppendLine($"{e.Position} {e.Id} {e.Name} {Convert.ToBase64String(e.Data)}");
                var key = $"demo\n/orders\nk{order.State.View.OrderId[1..]}";
                var (answer, _) = await store.Read.AskAsync(key);
                text.AppendLine($"{answer!.BodyHash} {answer.OrderId} {Encoding.UTF8.GetString(answer.Answer)}");
            }

            var shares = Enumerable.Range(0, OrderTables.Buckets).Select(bucket => new Share(bucket, 0, 0)).ToList();
            foreach (var command in await store.Read.CommandsAsync(shares, 0, 1000)) text.AppendLine($"{command}");
            Assert.NotEmpty(orders);
            return text.ToString();
        }
    }
}

using System.Text;
using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;
using Microsoft.Data.Sqlite;
using Xunit;

namespace DaprOrders.Ordering.Tests;

public sealed class EventStoreTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("ordering-").FullName;
    private OrderEventStore store = null!;

    private string File => Path.Combine(folder, "ordering.db");

    public ValueTask InitializeAsync()
    {
        store = new OrderEventStore(File, new OrderWatch());
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_same_key_stores_one_order_and_gives_the_first_answer_however_many_ask_at_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => store.PlaceAsync($"o{i}", "key", $"answer {i}")));

        Assert.Single(answers, answer => answer.IsNew);
        Assert.Single(answers.Select(answer => Encoding.UTF8.GetString(answer.Answer)).Distinct());
        Assert.Single(store.InOrderOfAcceptance(0, 100));
    }

    [Fact]
    public async Task A_step_that_is_carried_out_again_appends_nothing()
    {
        await PlaceAsync("o1");

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now)));

        Assert.Equal([1L, 2L], store.EventsOf("o1").Select(e => e.Version));
        Assert.Equal(2, store.Find("o1")!.View.Version);
    }

    [Fact]
    public async Task A_work_that_fails_is_undone_alone()
    {
        await PlaceAsync("o1");

        var failing = store.AppendAsync("nobody", _ => [], Some.Now);
        var fine = store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now);

        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        Assert.Equal(2, (await fine).View.Version);
    }

    [Fact]
    public async Task What_was_stored_is_there_when_the_file_is_opened_again()
    {
        await PlaceAsync("o1");
        await store.SetPublishedAsync(1);
        await store.DisposeAsync();

        store = new OrderEventStore(File, new OrderWatch());

        Assert.Equal("accepted", store.Find("o1")!.View.Status);
        Assert.Equal(1, store.Published());
        Assert.Equal(("o1", SagaCommand.Start), (Assert.Single(store.CommandsAfter(0, 10)).OrderId, store.CommandsAfter(0, 10)[0].Act));
    }

    [Fact]
    public async Task The_audit_sees_the_stream_itself_also_where_the_fold_says_otherwise()
    {
        await PlaceAsync("o1");
        await PlaceAsync("o2");
        await store.AppendAsync("o2", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now);
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var loss = connection.CreateCommand();
            loss.CommandText = "DELETE FROM order_events WHERE order_id = 'o2' AND version = 1";
            loss.ExecuteNonQuery();
        }

        var names = store.EventNames(0, 2);

        Assert.Equal(["accepted"], names["o1"]);
        Assert.Equal(["stock-reserved"], names["o2"]);
    }

    [Fact]
    public async Task The_changes_after_a_place_are_each_order_once_as_it_is_now()
    {
        await PlaceAsync("o1");
        await PlaceAsync("o2");
        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now);

        var (all, next, isMore) = store.ChangedAfter(0, 10);
        await store.AppendAsync("o2", _ => [new Happening(OrderEventNames.StockReserved), new Happening(OrderEventNames.PaymentAuthorised)], Some.Now);
        var (later, last, _) = store.ChangedAfter(next, 10);
        var (first, _, more) = store.ChangedAfter(0, 1);

        Assert.Equal(["o1", "o2"], all.Select(order => order.State.View.OrderId));
        Assert.False(isMore);
        Assert.Equal(["accepted", "stock-reserved"], all[0].Events);
        Assert.Equal(["accepted", "stock-reserved", "payment-authorised"], Assert.Single(later).Events);
        Assert.Equal(("o1", true), (Assert.Single(first).State.View.OrderId, more));
        Assert.Empty(store.ChangedAfter(last, 10).Orders);
    }

    [Fact]
    public async Task A_view_is_the_fold_of_its_stream_member_for_member()
    {
        await PlaceAsync("o1");
        foreach (var happening in new Happening[]
                 {
                     new(OrderEventNames.StockReserved), new(OrderEventNames.PaymentAuthorised, Reference: "auth-1"), new(OrderEventNames.ApprovalRequested),
                     new(OrderEventNames.ApprovalRejected), new(OrderEventNames.PaymentVoided), new(OrderEventNames.Parked), new(OrderEventNames.StockReleased),
                     new(OrderEventNames.Rejected, "approval-rejected"),
                 })
            await store.AppendAsync("o1", _ => [happening], Some.Now.AddSeconds(store.Find("o1")!.View.Version));

        var rebuilt = store.EventsOf("o1").Aggregate((OrderView?)null, (view, stored) => OrderFold.Fold(view, JsonSerializer.Deserialize<OrderEvent>(stored.Data, Defaults.Json)!));

        Assert.Equal(JsonSerializer.Serialize(store.Find("o1")!.View, Defaults.Json), JsonSerializer.Serialize(rebuilt, Defaults.Json));
        Assert.Equal(("ring twice", "auth-1", "approval-rejected"), (rebuilt!.Note, rebuilt.Payment.Reference, rebuilt.Reason));
    }

    [Fact]
    public async Task Of_two_decisions_at_once_one_counts_and_its_answer_is_given_again_to_its_key()
    {
        await PlaceAsync("o1");
        Task<Decided> CancelAsync(string key) => store.DecideAsync("o1", new Asked(key, "hash"),
            order => order.CancelledBy is null ? (order with { CancelledBy = key }, SagaCommand.Decided) : null, Some.Now);

        var decided = await Task.WhenAll(CancelAsync("a"), CancelAsync("b"), CancelAsync("a"));

        Assert.Equal("a", store.Find("o1")!.CancelledBy);
        Assert.Equal([true, false, true], decided.Select(d => d.IsPossible));
        Assert.Equal([true, false], new[] { decided[0].Answer!.IsNew, decided[2].Answer!.IsNew });
        Assert.Equal([SagaCommand.Start, SagaCommand.Decided], store.CommandsAfter(0, 10).Select(command => command.Act));
    }

    [Fact]
    public async Task An_order_above_what_may_be_open_is_not_stored_until_something_has_ended()
    {
        async Task<StoredAnswer?> WithinAsync(string id, long limit) => await store.PlaceAsync(new Asked(id, "hash"), Some.Order(id), Some.Accepted(id), [1], limit);

        var stored = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => WithinAsync($"o{i}", 2000))); // each is over 1000
        Assert.Equal(2, stored.Count(answer => answer is not null));

        await store.AppendAsync(stored.First(answer => answer is not null)!.OrderId, _ => [new Happening(OrderEventNames.Rejected)], Some.Now);
        Assert.NotNull(await WithinAsync("later", 2000));
    }

    [Fact]
    public async Task A_row_that_is_not_what_its_events_say_is_found_and_rebuilt_without_losing_its_marks()
    {
        await PlaceAsync("o1");
        await PlaceAsync("o2");
        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now, state => state with { CaptureBegun = true });
        await store.DisposeAsync();
        using (var vandal = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            vandal.Open();
            using var damage = vandal.CreateCommand();
            damage.CommandText = "UPDATE orders SET state = CAST(replace(CAST(state AS TEXT), '\"version\":2', '\"version\":7') AS BLOB) WHERE order_id = 'o1'";
            damage.ExecuteNonQuery();
        }

        store = new OrderEventStore(File, new OrderWatch());

        Assert.Equal(new Comparison(2, 1), store.Verify());
        Assert.Equal(new Comparison(2, 0), await store.RebuildAsync());
        Assert.Equal((2L, true), (store.Find("o1")!.View.Version, store.Find("o1")!.CaptureBegun));
    }

    [Fact]
    public async Task A_command_stays_until_it_was_carried_out()
    {
        await PlaceAsync("o1");
        await PlaceAsync("o2");

        await store.SetCarriedOutAsync([store.CommandsAfter(0, 10)[0]]);

        Assert.Equal("o2", Assert.Single(store.CommandsAfter(0, 10)).OrderId);
    }

    [Fact]
    public async Task A_store_that_takes_no_commit_is_unavailable_and_nobody_sees_what_was_not_stored()
    {
        await PlaceAsync("o1");
        using (var thief = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            thief.Open();
            using var drop = thief.CreateCommand();
            drop.CommandText = "CREATE TRIGGER full BEFORE INSERT ON order_events BEGIN SELECT RAISE(ROLLBACK, 'disk full'); END";
            drop.ExecuteNonQuery();
        }

        var failed = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now));

        Assert.Equal(503, failed.Problem.Status);
        Assert.Equal(1, store.Find("o1")!.View.Version);
    }

    [Fact]
    public async Task A_file_of_another_format_is_refused_with_what_to_do()
    {
        await store.DisposeAsync();
        using (var newer = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            newer.Open();
            using var stamp = newer.CreateCommand();
            stamp.CommandText = "PRAGMA user_version = 99";
            stamp.ExecuteNonQuery();
        }

        Assert.Contains("format 99", Assert.Throws<InvalidOperationException>(() => new OrderEventStore(File, new OrderWatch())).Message);
    }

    private Task<StoredAnswer> PlaceAsync(string id) => store.PlaceAsync(id, id);
}

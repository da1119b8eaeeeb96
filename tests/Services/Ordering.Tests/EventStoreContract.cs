using System.Diagnostics;
using System.Text;
using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;
using Xunit;

namespace DaprOrders.Ordering.Tests;

/// <summary>What is true of the event store whatever its database is.</summary>
public abstract partial class EventStoreContract : IAsyncLifetime
{
    private OrderEventStore store = null!;

    /// <summary>The same tables at every call.</summary>
    private protected abstract OrderTables Open();

    protected abstract Task PrepareAsync();

    protected abstract Task CleanUpAsync();

    /// <summary>Changes the database behind the store's back.</summary>
    protected abstract Task ExecuteAsync(string sql);

    /// <summary>Makes the row of o1 say version 7 instead of 2.</summary>
    protected abstract string Damage { get; }

    /// <summary>Makes every new event fail.</summary>
    protected abstract string Refuse { get; }

    /// <summary>Makes the tables those of a version to come.</summary>
    protected abstract string Newer { get; }

    /// <summary>Makes the tables those of the version before refunds were listed.</summary>
    protected abstract string BeforeRefunds { get; }

    public async ValueTask InitializeAsync()
    {
        await PrepareAsync();
        store = new OrderEventStore(Open(), new OrderWatch());
        await store.Read.LeaseAsync(TimeSpan.FromMinutes(5), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (store is not null) await store.DisposeAsync();
        await CleanUpAsync();
    }

    [Fact]
    public async Task The_same_key_stores_one_order_and_gives_the_first_answer_however_many_ask_at_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => store.PlaceAsync($"o{i}", "key", $"answer {i}")));

        Assert.Single(answers, answer => answer.IsNew);
        Assert.Single(answers.Select(answer => Encoding.UTF8.GetString(answer.Answer)).Distinct());
        Assert.Single(await store.Read.InOrderOfAcceptanceAsync(0, 100));
    }

    [Fact]
    public async Task An_event_is_published_in_the_trace_of_its_step_and_else_in_that_of_the_request_that_placed_the_order()
    {
        const string Placed = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await store.PlaceAsync(new Asked("demo\n/orders\nkey", "hash"), Some.Order() with { Trace = Placed }, Some.Accepted(), [1]);
        using (var elsewhere = new Activity("another order's").Start())
            await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now);
        using var step = new Activity("step").SetParentId(Placed).Start();
        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.PaymentAuthorised)], Some.Now);

        var buckets = (await store.Read.LeaseAsync(TimeSpan.FromMinutes(5), CancellationToken.None)).Select(share => (share.Bucket, 0L));
        var published = await store.Read.EventsToPublishAsync([.. buckets], 1000);

        Assert.Equal([Placed, Placed, step.Id], published.Select(stored => stored.Trace));
    }

    [Fact]
    public async Task A_step_that_is_carried_out_again_appends_nothing()
    {
        await PlaceAsync("o1");

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now)));

        Assert.Equal([1L, 2L], (await store.Read.EventsOfAsync("o1")).Select(e => e.Version));
        Assert.Equal(2, (await store.FindAsync("o1"))!.View.Version);
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
        await PublishedAsync("o1");
        await store.DisposeAsync();

        store = new OrderEventStore(Open(), new OrderWatch());

        Assert.Equal("accepted", (await store.FindAsync("o1"))!.View.Status);
        Assert.Equal(0, await WaitingAsync());
        var command = Assert.Single(await CommandsAsync());
        Assert.Equal(("o1", SagaCommand.Start), (command.OrderId, command.Act));
    }

    [Fact]
    public async Task The_audit_sees_the_stream_itself_also_where_the_fold_says_otherwise()
    {
        await PlaceAsync("o1");
        await PlaceAsync("o2");
        await store.AppendAsync("o2", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now);
        await ExecuteAsync("DELETE FROM order_events WHERE order_id = 'o2' AND version = 1");

        var names = await store.Read.EventNamesAsync(0, long.MaxValue);

        Assert.Equal(["accepted"], names["o1"]);
        Assert.Equal(["stock-reserved"], names["o2"]);
    }

    [Fact]
    public async Task The_changes_after_a_place_are_each_order_once_as_it_is_now()
    {
        await PlaceAsync("o1");
        await PlaceAsync("o2");
        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now);

        var (all, next, isMore) = await store.Read.ChangedAfterAsync(0, 10);
        await store.AppendAsync("o2", _ => [new Happening(OrderEventNames.StockReserved), new Happening(OrderEventNames.PaymentAuthorised)], Some.Now);
        var (later, last, _) = await store.Read.ChangedAfterAsync(next, 10);
        var (first, _, more) = await store.Read.ChangedAfterAsync(0, 1);

        Assert.Equal(["o1", "o2"], all.Select(order => order.State.View.OrderId));
        Assert.False(isMore);
        Assert.Equal(["accepted", "stock-reserved"], all[0].Events);
        Assert.Equal(["accepted", "stock-reserved", "payment-authorised"], Assert.Single(later).Events);
        Assert.Equal(("o1", true), (Assert.Single(first).State.View.OrderId, more));
        Assert.Empty((await store.Read.ChangedAfterAsync(last, 10)).Orders);
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
            await store.AppendAsync("o1", _ => [happening], Some.Now.AddSeconds((await store.FindAsync("o1"))!.View.Version));

        var rebuilt = (await store.Read.EventsOfAsync("o1")).Aggregate((OrderView?)null, (view, stored) => OrderFold.Fold(view, JsonSerializer.Deserialize<OrderEvent>(stored.Data, Defaults.Json)!));

        Assert.Equal(JsonSerializer.Serialize((await store.FindAsync("o1"))!.View, Defaults.Json), JsonSerializer.Serialize(rebuilt, Defaults.Json));
        Assert.Equal(("ring twice", "auth-1", "approval-rejected"), (rebuilt!.Note, rebuilt.Payment.Reference, rebuilt.Reason));
    }

    [Fact]
    public async Task Of_two_decisions_at_once_one_counts_and_its_answer_is_given_again_to_its_key()
    {
        await PlaceAsync("o1");
        Task<Decided> CancelAsync(string key) => store.DecideAsync("o1", new Asked(key, "hash"),
            order => order.CancelledBy is null ? (order with { CancelledBy = key }, SagaCommand.Decided) : null, Some.Now);

        var decided = await Task.WhenAll(CancelAsync("a"), CancelAsync("b"), CancelAsync("a"));

        Assert.Equal("a", (await store.FindAsync("o1"))!.CancelledBy);
        Assert.Equal([true, false, true], decided.Select(d => d.IsPossible));
        Assert.Equal([true, false], new[] { decided[0].Answer!.IsNew, decided[2].Answer!.IsNew });
        Assert.Equal([SagaCommand.Start, SagaCommand.Decided], (await CommandsAsync()).Select(command => command.Act));
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
        await ExecuteAsync(Damage);

        store = new OrderEventStore(Open(), new OrderWatch());

        Assert.Equal(new Comparison(2, 1), await store.VerifyAsync());
        Assert.Equal(new Comparison(2, 0), await store.RebuildAsync());
        Assert.Equal((2L, true), ((await store.FindAsync("o1"))!.View.Version, (await store.FindAsync("o1"))!.CaptureBegun));
    }

    [Fact]
    public async Task A_command_stays_until_it_was_carried_out()
    {
        await PlaceAsync("o1");
        await PlaceAsync("o2");

        await store.SetCarriedOutAsync([(await CommandsAsync())[0]]);

        Assert.Equal("o2", Assert.Single(await CommandsAsync()).OrderId);
    }

    [Fact]
    public async Task A_store_that_takes_no_commit_is_unavailable_and_nobody_sees_what_was_not_stored()
    {
        await PlaceAsync("o1");
        await ExecuteAsync(Refuse);

        var failed = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now));

        Assert.Equal(503, failed.Problem.Status);
        Assert.Equal(1, (await store.FindAsync("o1"))!.View.Version);
    }

    [Fact]
    public async Task Tables_of_a_version_that_is_not_known_are_refused_with_what_to_do()
    {
        await store.DisposeAsync();
        await ExecuteAsync(Newer);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            store = new OrderEventStore(Open(), new OrderWatch());
            await store.FindAsync("o1");
        });

        Assert.Contains("format 99", refused.Message);
    }

    [Fact]
    public async Task Each_page_of_orders_goes_on_where_the_one_before_ended_newest_first()
    {
        for (var i = 0; i < 5; i++) await PlaceAsync($"o{i}");
        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.Rejected, "out-of-stock")], Some.Now);

        var first = await store.Read.PageAsync(long.MaxValue, 2, "demo", null);
        var second = await store.Read.PageAsync(first[^1].Position, 10, "demo", OrderStatus.Accepted);

        Assert.Equal(["o4", "o3"], first.Select(order => order.State.View.OrderId));
        Assert.Equal(["o2", "o0"], second.Select(order => order.State.View.OrderId));
        Assert.Empty(await store.Read.PageAsync(long.MaxValue, 10, "somebody else", null));
    }

    [Fact]
    public async Task Changes_of_status_are_read_from_a_place_on_and_begin_where_the_stream_ends()
    {
        await PlaceAsync("o1");
        var from = await store.Read.HorizonAsync();
        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now);
        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.Rejected, "payment-declined")], Some.Now);

        var change = Assert.Single(await store.Read.StatusChangesAfterAsync(from, 10));

        Assert.Equal("rejected", change.Name);
        Assert.Equal(change.Position, (await store.Read.StatusChangeAtAsync(change.Position))!.Position);
        Assert.Null(await store.Read.StatusChangeAtAsync(change.Position - 1));
    }

    [Fact]
    public async Task What_is_to_be_published_is_what_is_behind_the_marks()
    {
        await PlaceAsync("o1");
        await PlaceAsync("o2");
        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now);

        Assert.Equal(["o1:1", "o2:1", "o1:2"], (await ToPublishAsync()).Select(stored => $"{stored.OrderId}:{stored.Version}"));
        Assert.Equal(3, await WaitingAsync());

        await PublishedAsync("o1");
        await PublishedAsync("o2");
        Assert.Empty(await ToPublishAsync());
        Assert.Equal(0, await WaitingAsync());
    }

    [Fact]
    public async Task An_answer_is_forgotten_after_the_retention_and_its_key_is_free()
    {
        var before = await PlaceAsync("o1");
        await store.PurgeAnswersAsync(Some.Now.AddDays(1));

        Assert.True((await store.PlaceAsync("o2", "o1")).IsNew);
        Assert.True(before.IsNew);
    }

    private Task<StoredAnswer> PlaceAsync(string id) => store.PlaceAsync(id, id);

    private async Task<IReadOnlyList<Share>> OwnedAsync() => await store.Read.LeaseAsync(TimeSpan.FromMinutes(5), CancellationToken.None);

    private async Task<IReadOnlyList<SagaCommand>> CommandsAsync() => await store.Read.CommandsAsync(await OwnedAsync(), 0, 10);

    private async Task<IReadOnlyList<StoredEvent>> ToPublishAsync() => await store.Read.EventsToPublishAsync([.. (await OwnedAsync()).Select(share => (share.Bucket, share.Published))], 1000);

    private async Task<long> WaitingAsync()
    {
        await OwnedAsync();
        return store.Read.Outbox().Waiting;
    }

    /// <summary>Of an order, or of the whole stream where that is one bucket.</summary>
    private async Task PublishedAsync(string orderId)
    {
        var owned = await OwnedAsync();
        var last = (await ToPublishAsync()).Where(stored => stored.Bucket == 0 || stored.OrderId == orderId).ToList();
        if (last.Count == 0) return;
        Assert.Empty(await store.SetPublishedAsync([new Mark(last[^1].Bucket, owned.Single(share => share.Bucket == last[^1].Bucket).Epoch, last[^1].Position)]));
    }
}

using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Publishing;
using Xunit;

namespace DaprOrders.Ordering.Tests;

public sealed class OutgoingTests
{
    private static readonly IReadOnlySet<StoredEvent> None = new HashSet<StoredEvent>();
    private readonly Outgoing outgoing = new();

    public OutgoingTests() => outgoing.Own([new Share(0, 1, 10)]);

    [Fact]
    public void A_batch_holds_one_event_of_an_order_at_most_and_the_next_waits_until_it_is_out()
    {
        outgoing.Add([Event(11, "a", 1), Event(12, "a", 2), Event(13, "b", 1)]);

        var first = outgoing.Take(onlyFull: false);
        Assert.Equal([11L, 13L], first.Select(stored => stored.Position));
        Assert.Empty(outgoing.Take(onlyFull: false));

        outgoing.Settle(first, None);
        Assert.Equal([12L], outgoing.Take(onlyFull: false).Select(stored => stored.Position));
    }

    [Fact]
    public void What_is_published_counts_up_to_the_first_that_is_not()
    {
        outgoing.Add([Event(11, "a", 1), Event(12, "a", 2), Event(15, "b", 1)]);
        Assert.Empty(outgoing.Marks());
        Assert.Equal([(0, 15L)], outgoing.From);

        outgoing.Settle(outgoing.Take(onlyFull: false), None);
        Assert.Equal([new Mark(0, 1, 11)], outgoing.Marks());
        outgoing.Noted(outgoing.Marks());
        Assert.Empty(outgoing.Marks());

        outgoing.Settle(outgoing.Take(onlyFull: false), None);
        Assert.Equal([new Mark(0, 1, 15)], outgoing.Marks());
    }

    [Fact]
    public void What_failed_goes_again_before_what_follows_of_its_order()
    {
        outgoing.Add([Event(11, "a", 1), Event(12, "b", 1), Event(13, "a", 2), Event(14, "b", 2)]);
        var batch = outgoing.Take(onlyFull: false);

        outgoing.Settle(batch, new HashSet<StoredEvent> { batch[0] });

        Assert.Empty(outgoing.Marks());
        Assert.Equal([11L, 14L], outgoing.Take(onlyFull: false).Select(stored => stored.Position));
    }

    [Fact]
    public void A_second_batch_beside_the_first_holds_other_orders_and_goes_only_when_it_is_full()
    {
        outgoing.Add([.. Enumerable.Range(0, 700).Select(i => Event(11 + i, $"o{i}", 1))]);

        var (first, second) = (outgoing.Take(onlyFull: false), outgoing.Take(onlyFull: true));

        Assert.NotEmpty(second);
        Assert.Empty(first.Select(stored => stored.OrderId).Intersect(second.Select(stored => stored.OrderId)));
        for (var more = second; more.Count > 0; more = outgoing.Take(onlyFull: true)) Assert.Equal(second.Count, more.Count);
        Assert.NotEmpty(outgoing.Take(onlyFull: false));
    }

    [Fact]
    public void A_batch_stays_below_what_every_broker_takes_and_an_event_that_is_too_large_goes_alone()
    {
        outgoing.Add([Event(11, "a", 1, bytes: 60_000), Event(12, "b", 1, bytes: 60_000), Event(13, "c", 1, bytes: 500_000)]);

        for (var (i, batch) = (0, outgoing.Take(onlyFull: false)); i < 3; i++, batch = outgoing.Take(onlyFull: false)) Assert.Single(batch);
    }

    [Fact]
    public void A_bucket_that_went_is_forgotten_and_one_that_came_back_begins_at_its_mark()
    {
        outgoing.Own([new Share(0, 1, 10), new Share(1, 1, 0)]);
        outgoing.Add([Event(11, "a", 1), new StoredEvent(12, 1, "b", 1, "accepted", [])]);
        var batch = outgoing.Take(onlyFull: false);

        outgoing.Own([new Share(1, 1, 0)]);
        outgoing.Settle(batch, None);
        Assert.Equal([new Mark(1, 1, 12)], outgoing.Marks());

        outgoing.Own([new Share(0, 3, 20), new Share(1, 1, 0)]);
        Assert.Equal([(0, 20L), (1, 12L)], outgoing.From.Order());
    }

    private static StoredEvent Event(long position, string order, long version, int bytes = 100) => new(position, 0, order, version, "accepted", new byte[bytes]);
}

using DaprOrders.Auditor.Reconciliation;
using DaprOrders.Contracts;
using Xunit;

namespace DaprOrders.Auditor.Tests;

public sealed class ReconcileTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private static readonly Money Total = new(1000, "EUR");

    [Fact]
    public void A_confirmed_order_that_is_paid_and_taken_from_the_shelf_once_is_consistent()
    {
        var verdict = Reconcile.Judge(Confirmed(), Now);

        Assert.True(verdict.Consistent, string.Join('\n', verdict.Findings));
        Assert.Equal(1, verdict.Accepted);
        Assert.Equal(1, verdict.Terminal["confirmed"]);
        Assert.Equal(0, verdict.InFlight);
    }

    [Fact]
    public void A_second_capture_is_a_duplicate_and_wrong_money()
    {
        var books = Confirmed();

        var verdict = Reconcile.Judge(books with { Operations = [.. books.Operations, Operation(3, "capture")] }, Now);

        Assert.False(verdict.Consistent);
        Assert.Equal(1, verdict.Duplicated);
        Assert.True(verdict.MoneyMismatch >= 1);
    }

    [Fact]
    public void A_rejected_order_whose_authorisation_was_not_voided_is_found()
    {
        var books = new Books([Order("rejected", "accepted", "rejected")], [new("o1", "authorised", "EUR", 1000, 0, 0)], [Operation(1, "authorise")], []);

        var verdict = Reconcile.Judge(books, Now);

        Assert.Equal("money", Assert.Single(verdict.Findings).Kind);
    }

    [Fact]
    public void A_rejected_order_that_keeps_its_reservation_is_found()
    {
        var books = new Books([Order("rejected", "accepted", "rejected")], [], [], [Shelf(8, Entry(1, "restock", 10, null), Entry(2, "reserve", 2, "o1"))]);

        var verdict = Reconcile.Judge(books, Now);

        Assert.Equal(1, verdict.StockMismatch);
    }

    [Fact]
    public void Money_of_an_order_that_nobody_accepted_is_a_lost_order()
    {
        var verdict = Reconcile.Judge(new Books([], [], [Operation(1, "authorise")], []), Now);

        Assert.Equal(1, verdict.Lost);
    }

    [Fact]
    public void A_level_that_its_ledger_does_not_explain_is_found_and_a_moving_one_is_left_for_the_next_run()
    {
        var wrong = Reconcile.Judge(new Books([], [], [], [Shelf(11, Entry(1, "restock", 10, null))]), Now);
        var moving = Reconcile.Judge(new Books([], [], [], [new SkuBook("tea", null, [Entry(1, "restock", 10, null)])]), Now);

        Assert.Equal(1, wrong.StockMismatch);
        Assert.True(moving.Consistent);
    }

    [Fact]
    public void An_open_order_is_in_flight_and_not_judged_yet()
    {
        var verdict = Reconcile.Judge(new Books([Order("accepted", "accepted")], [], [Operation(1, "authorise")], []), Now);

        Assert.True(verdict.Consistent);
        Assert.Equal(1, verdict.InFlight);
        Assert.Equal(60, verdict.OldestInFlightSeconds);
    }

    [Fact]
    public void An_event_that_stands_twice_in_a_stream_is_a_duplicate()
    {
        var books = Confirmed();

        var verdict = Reconcile.Judge(books with { Orders = [books.Orders[0] with { Events = ["accepted", "confirmed", "confirmed"] }] }, Now);

        Assert.Equal(1, verdict.Duplicated);
    }

    [Theory]
    [InlineData("accepted", "stock-reserved", "payment-authorised", "stock-confirmed", "confirmed")]
    [InlineData("accepted", "stock-reserved", "payment-authorised", "payment-captured", "confirmed", "stock-confirmed")]
    public void A_confirmed_order_whose_stream_lacks_a_step_or_its_end_has_lost_an_event(params string[] events)
    {
        var books = Confirmed();

        var verdict = Reconcile.Judge(books with { Orders = [books.Orders[0] with { Events = events }] }, Now);

        Assert.False(verdict.Consistent);
        Assert.Equal(1, verdict.Lost);
    }

    private static Books Confirmed() => new(
        [Order("confirmed", "accepted", "stock-reserved", "payment-authorised", "payment-captured", "stock-confirmed", "confirmed")],
        [new("o1", "captured", "EUR", 1000, 1000, 0)],
        [Operation(1, "authorise"), Operation(2, "capture")],
        [Shelf(8, Entry(1, "restock", 10, null), Entry(2, "reserve", 2, "o1"), Entry(3, "confirm", 2, "o1"))]);

    private static AuditedOrder Order(string status, params string[] events) => new(1, "o1", status, Total, [new("tea", 2)], events, Now.AddMinutes(-1));

    private static ProviderOperation Operation(long position, string operation) => new(position, operation, "o1", Total, "succeeded", Now);

    private static SkuBook Shelf(long available, params LedgerEntry[] ledger) => new("tea", new StockLevel("tea", available, 0, 0), ledger);

    private static LedgerEntry Entry(long position, string kind, long quantity, string? order) => new(position, Now, kind, quantity, order);
}

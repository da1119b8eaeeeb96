using DaprOrders.Contracts;
using DaprOrders.Payments.Ledger;
using Xunit;

namespace DaprOrders.Payments.Tests;

public sealed class PaymentTests
{
    private static readonly Payment New = new("o1", "EUR");

    [Fact]
    public void A_command_that_was_carried_out_is_answered_the_same_later()
    {
        var payment = New.Authorise("o1/authorise", "auth-1", declined: false, 1000).Capture("o1/capture", declined: false, 1000);

        Assert.Equal(new PaymentOutcome("o1", "authorised", "auth-1"), payment.Answered("o1/authorise"));
        Assert.Equal(new PaymentOutcome("o1", "captured", "auth-1"), payment.Answered("o1/capture"));
        Assert.Null(payment.Answered("o1/refund"));
    }

    [Fact]
    public void The_token_is_forgotten_once_the_authorisation_has_a_result()
    {
        var asked = New.Intend(new PaymentCommand("o1", "o1/authorise", new Money(1000, "EUR"), "tok_visa_ok"));

        var done = asked.Authorise("o1/authorise", "auth-1", declined: true, 1000);

        Assert.NotNull(asked.Pending);
        Assert.Null(done.Pending);
        Assert.Equal(("declined", 0), (done.Status, done.Authorised));
    }

    [Fact]
    public void An_undo_before_the_authorisation_closes_the_payment()
    {
        Assert.Equal("voided", New.Nothing("o1/void").Status);
    }

    [Fact]
    public void A_declined_capture_that_is_voided_ends_voided_with_no_money_taken()
    {
        var payment = New.Authorise("a", "auth-1", declined: false, 1000).Capture("c", declined: true, 1000).Void("v");

        Assert.Equal(("voided", 0, 0), (payment.Status, payment.Captured, payment.Refunded));
    }
}

using Xunit;

namespace DaprOrders.PaymentProvider.Tests;

public sealed class TokensTests
{
    [Theory]
    [InlineData("tok_visa_ok", "authorise", "succeeded")]
    [InlineData("tok_declined", "authorise", "declined")]
    [InlineData("tok_insufficient_funds", "authorise", "declined")]
    [InlineData("tok_capture_fails", "authorise", "succeeded")]
    [InlineData("tok_capture_fails", "capture", "declined")]
    [InlineData("tok_of_somebody_else", "authorise", "declined")]
    public void A_token_decides_what_an_operation_comes_to(string token, string operation, string status)
    {
        Assert.Equal(status, Tokens.Result(token, operation));
    }

    [Fact]
    public void Void_and_refund_of_a_stuck_token_fail_until_they_are_made_to_work()
    {
        Assert.True(Tokens.FailsNow("tok_void_fails", "void", attempt: 9, voidWorks: false));
        Assert.True(Tokens.FailsNow("tok_void_fails", "refund", attempt: 9, voidWorks: false));
        Assert.False(Tokens.FailsNow("tok_void_fails", "capture", attempt: 0, voidWorks: false));
        Assert.False(Tokens.FailsNow("tok_void_fails", "void", attempt: 0, voidWorks: true));
    }
}

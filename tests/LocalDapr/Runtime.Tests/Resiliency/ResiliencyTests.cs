using LocalDapr.Runtime.Resiliency;
using LocalDapr.Runtime.Tests.Actors;
using Xunit;

namespace LocalDapr.Runtime.Tests.Resiliency;

public sealed class ResiliencyTests
{
    [Theory]
    [InlineData("consecutiveFailures >= 3", 3, true)]
    [InlineData("consecutiveFailures >= 3", 2, false)]
    [InlineData("requests > 100 || totalFailures == 2", 2, true)]
    [InlineData("consecutiveFailures > 1 && totalSuccesses > 0", 5, false)]
    public void A_trip_condition_compares_the_counters(string condition, int failures, bool trips)
    {
        var counts = new BreakerCounts(failures, 0, failures, 0, failures);

        Assert.Equal(trips, TripCondition.Parse(condition)(counts));
    }

    [Fact]
    public void An_open_breaker_refuses_until_its_timeout_and_then_lets_one_try_through()
    {
        var time = new FakeTime();
        var breaker = new CircuitBreaker(new(1, TimeSpan.Zero, TimeSpan.FromSeconds(10), TripCondition.Parse("consecutiveFailures >= 1")), time);
        Assert.True(breaker.TryEnter());
        breaker.Leave(succeeded: false);
        Assert.False(breaker.TryEnter());

        time.Advance(TimeSpan.FromSeconds(11));

        Assert.True(breaker.TryEnter());
        Assert.False(breaker.TryEnter());
        breaker.Leave(succeeded: true);
        Assert.True(breaker.TryEnter());
    }

    [Theory]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("250ms", 250)]
    public void Go_durations_are_read(string text, double milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Fact]
    public async Task A_retry_ends_with_the_first_success()
    {
        var calls = 0;
        var policy = new ResiliencyPolicy(null, new RetryPolicy { Duration = TimeSpan.Zero, MaxRetries = 5 }, null, TimeProvider.System);

        var result = await policy.ExecuteAsync(
            _ => ++calls < 3 ? throw new InvalidOperationException("not yet") : ValueTask.FromResult(calls), TestContext.Current.CancellationToken);

        Assert.Equal(3, result);
    }
}

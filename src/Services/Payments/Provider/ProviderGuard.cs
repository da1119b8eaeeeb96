using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace DaprOrders.Payments.Provider;

/// <summary>The policies between us and the provider, outermost first: retry, circuit breaker, timeout of one attempt.</summary>
internal static class ProviderGuard
{
    /// <summary>Above the provider's slowest honest answer (2 s).</summary>
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(5);

    public static ResiliencePipeline<HttpResponseMessage> Build(TimeProvider time) => new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
        {
            ShouldHandle = Failed(),
            MaxRetryAttempts = 4, // the saga is the patient one: it asks again with the same key
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(50),
            MaxDelay = TimeSpan.FromSeconds(1),
        })
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
        {
            ShouldHandle = Failed(),
            FailureRatio = 0.8, // one customer's unlucky token must not close the shop for the others
            MinimumThroughput = 50,
            SamplingDuration = TimeSpan.FromSeconds(5),
            BreakDuration = TimeSpan.FromSeconds(2),
        })
        .AddTimeout(new TimeoutStrategyOptions { Timeout = AttemptTimeout })
        .Build();

    private static PredicateBuilder<HttpResponseMessage> Failed() => new PredicateBuilder<HttpResponseMessage>()
        .Handle<HttpRequestException>().Handle<TimeoutRejectedException>().HandleResult(answer => (int)answer.StatusCode >= 500);
}

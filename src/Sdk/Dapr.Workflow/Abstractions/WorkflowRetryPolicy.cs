namespace Dapr.Workflow;

/// <summary>When a failed activity or child workflow is tried again. The pauses are durable timers.</summary>
public class WorkflowRetryPolicy
{
    /// <param name="maxNumberOfAttempts">Attempts in all, the first included; at least 1.</param>
    /// <param name="firstRetryInterval">The pause after the first failure.</param>
    /// <param name="backoffCoefficient">What each pause is multiplied by for the next; at least 1.</param>
    /// <param name="maxRetryInterval">The longest pause; null: no bound, though the first must not be longer than an hour.</param>
    /// <param name="retryTimeout">No attempt starts later than this after the first one did; null: no limit.</param>
    public WorkflowRetryPolicy(
        int maxNumberOfAttempts,
        TimeSpan firstRetryInterval,
        double backoffCoefficient = 1.0,
        TimeSpan? maxRetryInterval = null,
        TimeSpan? retryTimeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNumberOfAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstRetryInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(backoffCoefficient, 1.0);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRetryInterval ?? TimeSpan.FromHours(1), firstRetryInterval, nameof(maxRetryInterval));
        if (retryTimeout is { } limit && limit != Timeout.InfiniteTimeSpan && limit < firstRetryInterval)
        {
            throw new ArgumentOutOfRangeException(nameof(retryTimeout), retryTimeout, "The timeout is shorter than the first pause.");
        }

        MaxNumberOfAttempts = maxNumberOfAttempts;
        FirstRetryInterval = firstRetryInterval;
        BackoffCoefficient = backoffCoefficient;
        MaxRetryInterval = maxRetryInterval;
        RetryTimeout = retryTimeout ?? Timeout.InfiniteTimeSpan;
    }

    /// <summary>Attempts in all, the first included.</summary>
    public int MaxNumberOfAttempts { get; }

    /// <summary>The pause after the first failure.</summary>
    public TimeSpan FirstRetryInterval { get; }

    /// <summary>The growth of the pauses.</summary>
    public double BackoffCoefficient { get; }

    /// <summary>The longest pause; null: no bound.</summary>
    public TimeSpan? MaxRetryInterval { get; }

    /// <summary>How long after the first attempt another may start.</summary>
    public TimeSpan RetryTimeout { get; }

    // Null: the time for retries is over, or the next would come after the end of all dates. The growth is computed in double and bounded before it
    // becomes a TimeSpan, which would overflow.
    internal TimeSpan? DelayAfter(int attempt, DateTime firstAttempt, DateTime now)
    {
        if (RetryTimeout != Timeout.InfiniteTimeSpan && now - firstAttempt >= RetryTimeout)
        {
            return null;
        }

        var delay = FirstRetryInterval.TotalMilliseconds * Math.Pow(BackoffCoefficient, attempt - 1);
        if (MaxRetryInterval is { } longest)
        {
            delay = Math.Min(delay, longest.TotalMilliseconds);
        }

        return delay < (DateTime.MaxValue - now).TotalMilliseconds ? TimeSpan.FromMilliseconds(delay) : null;
    }
}

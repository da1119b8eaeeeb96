namespace DaprOrders.Ordering.EventStore;

/// <summary>
/// Wakes everybody who waits for the next of something. Whoever takes <see cref="Next"/> before he looks misses nothing that is raised while he looks.
/// Safe for concurrent use.
/// </summary>
internal sealed class Signal
{
    private volatile TaskCompletionSource next = New();

    /// <summary>Completes when the signal is raised after this was taken.</summary>
    public Task Next => next.Task;

    public void Raise() => Interlocked.Exchange(ref next, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

internal static class Signals
{
    /// <summary>False when the time was over first.</summary>
    public static async Task<bool> WithinAsync(this Task next, TimeSpan atMost, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            await next.WaitAsync(atMost, time, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}

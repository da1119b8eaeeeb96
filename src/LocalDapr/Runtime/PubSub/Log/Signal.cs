namespace LocalDapr.Runtime.PubSub.Log;

/// <summary>Wakes every waiter of a topic. A raise between two waits is not lost: the waiter takes the task before it looks.</summary>
internal sealed class Signal
{
    private volatile TaskCompletionSource _next = New();

    public Task Next => _next.Task;

    public void Raise() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

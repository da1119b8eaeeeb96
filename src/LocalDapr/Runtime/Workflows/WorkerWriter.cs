using Google.Protobuf;
using MiniGrpc;

namespace LocalDapr.Runtime.Workflows;

/// <summary>
/// Writes to a worker. One that reads nothing for a while is given up, as daprd does: its call ends, and what it has in hand goes to others.
/// </summary>
internal sealed class WorkerWriter<T>(IGrpcWriter<T> messages, CancellationTokenSource ended, TimeProvider time)
    where T : class, IMessage<T>
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    public ValueTask WriteAsync(T message, bool flush)
    {
        var writing = messages.WriteAsync(message, flush, ended.Token);
        return writing.IsCompletedSuccessfully ? writing : AwaitAsync(writing.AsTask());
    }

    private async ValueTask AwaitAsync(Task writing)
    {
        try
        {
            await writing.WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            await ended.CancelAsync();
            await writing;
        }
    }
}

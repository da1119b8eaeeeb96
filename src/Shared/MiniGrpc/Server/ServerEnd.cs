namespace MiniGrpc.Server;

/// <summary>How far a server's end has come: it begins while calls go on, and once it stops they are cancelled.</summary>
internal sealed record ServerEnd(CancellationToken Ending, CancellationToken Stopping)
{
    /// <summary>Whether a call failed for it, and not by its own doing: a deadline that passed is the caller's.</summary>
    public bool Causes(Exception failure, ServerCall call) => Stopping.IsCancellationRequested
        || Ending.IsCancellationRequested && (failure is ObjectDisposedException || failure is OperationCanceledException && !call.DeadlinePassed);
}

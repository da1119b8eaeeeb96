using LocalDapr.Engine.History;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

// Workflows that are started in other apps and reported on to nobody.
public sealed partial class WorkflowEngine
{
    private Instance Letter_NeedsLock(string id)
    {
        var letter = new Instance(id);
        _instances.Add(id, letter);
        return letter;
    }

    // Ends when the other app has it, whatever it made of it, or when the engine stops; the next start sends it again.
    private void Send_NeedsLock(Instance letter)
    {
        if (letter.Away is not null || _options.Link is null || letter.Inbox is not [{ Event: ExecutionStarted start }, ..]) return;
        letter.Away = [];
        var stopping = _stopping.Token;
        _ = Task.Run(
            async () =>
            {
                var question = new AppQuestion(_options.AppId, start.InstanceId, start.ExecutionId, start);
                if (await AskUntilAnsweredAsync(start.Router!.TargetApp!, question, stopping) is null) return;
                using (Enter())
                {
                    if (letter.Exists) _ = Commit_NeedsLock(Purge_NeedsLock(letter));
                }
            },
            CancellationToken.None);
    }

    /// <summary>
    /// Starts what another app's workflow wants started, once however often it asks. An id that is taken is nobody's concern: who starts a
    /// workflow this way does not wait for it.
    /// </summary>
    private async Task<HistoryEvent> ReceiveAsync(ExecutionStarted start, CancellationToken cancellation)
    {
        await BeginAsync(
            start.InstanceId,
            instance => instance.IsActive || (instance.Exists && IsOf(StartOf(instance), start.ExecutionId)),
            () => start with { Timestamp = Now },
            cancellation);
        return new DetachedCreated(start.InstanceId);
    }

    private static bool IsOf(ExecutionStarted? started, string executionId) =>
        started?.ExecutionId == executionId || started?.FirstExecutionId == executionId;
}

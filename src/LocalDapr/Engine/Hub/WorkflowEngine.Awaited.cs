using System.Collections.Concurrent;
using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Hub;

// A child of a workflow in another app is kept until that app has its end: it asks until it has, and would begin the child anew if nothing
// was there any more. The app is asked when the child is to be removed, or its id used again, so neither side keeps a record of it.
public sealed partial class WorkflowEngine
{
    private static readonly TimeSpan AwaitedAskAgain = TimeSpan.FromSeconds(5);

    /// <summary>Beyond these, retention has to wait behind what others wait for.</summary>
    private const int MostAwaited = 10_000;

    private readonly HashSet<Instance> _letters = [];

    // When it is asked again for an instance that retention no longer keeps, but another app waits for.
    private readonly ConcurrentDictionary<string, DateTimeOffset> _awaited = [];

    private bool IsOfAnother(Instance instance) => _options.Link is not null && StartOf(instance)?.Parent is { } parent && !IsHere(parent);

    /// <summary>Null when no workflow of another app waits for the end of the instance; else why it must stay.</summary>
    /// <exception cref="WorkflowException">Unreachable: the other app cannot be asked now.</exception>
    private async ValueTask<string?> WhyAwaitedAsync(Instance instance, CancellationToken cancellation)
    {
        ParentInstance? parent;
        using (Enter()) parent = instance.Exists && IsOfAnother(instance) ? StartOf(instance)!.Parent : null;
        if (parent is null) return null;
        var question = new AppQuestion(_options.AppId, parent.InstanceId, parent.ExecutionId, new ChildCompleted(parent.TaskId, null))
        {
            Verb = AppVerb.Awaits,
            ChildId = instance.Id,
        };
        var answer = await AskOnceAsync(parent.AppId!, question, $"parent workflow '{parent.InstanceId}'", cancellation);
        return answer is ChildFailed { Failure: { } waits } ? waits.ErrorMessage : null;
    }

    private async Task<HistoryEvent> AwaitsAsync(AppQuestion question, int taskId, CancellationToken cancellation)
    {
        using var held = new HeldInstances(this);
        var parent = await held.AddAsync(question.InstanceId, cancellation);
        bool waits;
        Task durable;
        using (Enter())
        {
            waits = (parent.IsActive && parent.State.Started?.ExecutionId == question.ExecutionId && parent.State.OpenChildren.TryGetValue(taskId, out var child)
                    && child.InstanceId == question.ChildId && !parent.HasChildResultFor(taskId))
                || _letters.Any(letter => letter.Inbox is [{ Event: ExecutionStarted start }, ..] && start.InstanceId == question.ChildId
                    && start.Parent is { } asked && asked.InstanceId == question.InstanceId
                    && asked.ExecutionId == question.ExecutionId && asked.TaskId == taskId);
            durable = WhenDurable_NeedsLock(parent);
        }
        await durable.WaitAsync(cancellation);
        return waits ? new ChildFailed(-1, new FailureDetails(nameof(WorkflowErrorKind.NotCompleted), NotCompletedBelow)) : new ChildCompleted(-1, null);
    }
}

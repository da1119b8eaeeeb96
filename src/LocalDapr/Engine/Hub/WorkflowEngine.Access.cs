using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Hub;

// Which apps may have what done here. The refused one hears it as the end of what it asked for: asking again would change nothing.
public sealed partial class WorkflowEngine
{
    private const string DeniedMessage = "access denied by workflow access policy";

    private static readonly FailureDetails Denied = new("WorkflowAccessPolicyDenied", DeniedMessage);

    private async ValueTask<HistoryEvent?> RefusalAsync(AppQuestion question, CancellationToken cancellation)
    {
        if (_options.Admits is not { } admits || question.SourceApp == _options.AppId) return null;
        var id = question.ChildId ?? question.InstanceId;
        AppAccess access;
        switch (question.Verb, question.Event)
        {
            case (AppVerb.Do, TaskScheduled task):
                access = new AppAccess(question.SourceApp, AppOperation.ScheduleActivity, task.Name);
                break;
            case (AppVerb.Do, ExecutionStarted start):
                if (await IsKnownChildAsync(start, cancellation)) return null;
                access = new AppAccess(question.SourceApp, AppOperation.ScheduleWorkflow, start.Name);
                break;
            case (AppVerb.Do, _):
                access = new AppAccess(question.SourceApp, AppOperation.Terminate, await NameOfAsync(id, cancellation));
                break;
            case (AppVerb.Awaits, _):
                return null;
            case (AppVerb.Verify, _):
                access = new AppAccess(question.SourceApp, AppOperation.Get, await NameOfAsync(id, cancellation));
                break;
            default:
                access = new AppAccess(question.SourceApp, AppOperation.Purge, await NameOfAsync(id, cancellation));
                break;
        }
        return admits(access) ? null : Refusal(question);
    }

    private static HistoryEvent Refusal(AppQuestion question) => (question.Verb, question.Event) switch
    {
        (AppVerb.Do, TaskScheduled task) => new TaskFailed(task.EventId, Denied, task.TaskExecutionId),
        (AppVerb.Do, ExecutionStarted { Parent: { } parent }) => new ChildFailed(parent.TaskId, Denied),
        // Nobody waits to hear of these.
        (AppVerb.Do, var happened) => happened,
        _ => new ChildFailed(-1, new FailureDetails(nameof(WorkflowErrorKind.Denied), DeniedMessage)),
    };

    // It was let in when it was first asked for; its parent only wants to hear of its end.
    private async ValueTask<bool> IsKnownChildAsync(ExecutionStarted start, CancellationToken cancellation)
    {
        if (start.Parent is not { } parent) return false;
        var instance = await AcquireAsync(start.InstanceId, cancellation);
        using (Enter()) return IsChildOf(instance, parent);
    }

    private async ValueTask<string> NameOfAsync(string id, CancellationToken cancellation)
    {
        var instance = await AcquireAsync(id, cancellation);
        using (Enter()) return instance.Exists ? StartOf(instance)?.Name ?? "" : "";
    }
}

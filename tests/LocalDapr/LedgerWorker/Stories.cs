using Dapr.DurableTask.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Case = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace LocalDapr.LedgerWorker;

/// <summary>
/// The workflows of the ledger: each a row of steps, which give their results one after the other; the output is the results in a row.
/// <c>A</c> an activity, <c>E</c> the event <c>go</c>, <c>T</c> a timer, <c>K</c> a child of five activities, <c>L</c> starts over (three
/// times in all), <c>X</c> never ends.
/// </summary>
internal static class Stories
{
    private const int Rounds = 3;

    private static readonly Dictionary<string, string> steps = new()
    {
        ["five"] = "AAAAA", ["event"] = "AAEAAA", ["timer"] = "AATAAA", ["family"] = "AAKAAA", ["loop"] = "AAL", ["endless"] = "AX",
    };

    public static IReadOnlyList<string> Names { get; } = [.. steps.Keys];

    public static string ResultOf(string instance, int task) => $"<{instance}.{task}>";

    public static string KidOf(string instance) => $"{instance}-kid";

    /// <summary>What the instance must return; the endless one returns what it is terminated with.</summary>
    public static string Output(string name, string instance) => name == "endless"
        ? "ended"
        : string.Concat(Enumerable.Range(0, name == "loop" ? Rounds : 1).SelectMany(_ => steps[name].Select((step, i) => step switch
        {
            'A' => ResultOf(instance, i + 1),
            'E' => $"go-{instance}",
            'T' => "t",
            'K' => Output("five", KidOf(instance)),
            _ => "",
        })));

    public static WorkflowAction? Next(WorkflowRequest turn)
    {
        HistoryEvent[] history = [.. turn.PastEvents, .. turn.NewEvents];
        var started = history.Last(happened => happened.EventTypeCase == Case.ExecutionStarted).ExecutionStarted;
        var output = started.Input ?? "";
        foreach (var (step, id) in steps[started.Name].Select((step, i) => (step, i + 1)))
        {
            if (step == 'L')
            {
                output += '|';
                return output.Count(sign => sign == '|') < Rounds ? Complete(id, output, OrchestrationStatus.ContinuedAsNew) : Complete(id, output.Replace("|", ""));
            }
            if (Result(step, id, history) is not { } result) return IsBegun(id, history) ? null : Begin(step, id, turn.InstanceId, history, started.Input);
            output += result;
        }
        return Complete(99, output);
    }

    private static string? Result(char step, int id, HistoryEvent[] history) => step switch
    {
        'A' => history.FirstOrDefault(happened => happened.TaskCompleted?.TaskScheduledId == id)?.TaskCompleted.Result,
        'E' => history.FirstOrDefault(happened => happened.EventRaised?.Name == "go")?.EventRaised.Input,
        'T' => history.Any(happened => happened.TimerFired?.TimerId == id) ? "t" : null,
        'K' => history.FirstOrDefault(happened => happened.ChildWorkflowInstanceCompleted?.TaskScheduledId == id)?.ChildWorkflowInstanceCompleted.Result,
        _ => null,
    };

    private static bool IsBegun(int id, HistoryEvent[] history) => history.Any(happened =>
        happened.EventId == id && happened.EventTypeCase is (Case.TaskScheduled or Case.TimerCreated or Case.ChildWorkflowInstanceCreated));

    private static WorkflowAction? Begin(char step, int id, string instance, HistoryEvent[] history, string? input)
    {
        var now = history.Last(happened => happened.EventTypeCase == Case.WorkflowStarted).Timestamp.ToDateTimeOffset();
        return step switch
        {
            // The same task of another round is another activity.
            'A' => new WorkflowAction { Id = id, ScheduleTask = new ScheduleTaskAction { Name = "work", TaskExecutionId = $"{input?.Count(sign => sign == '|')}" } },
            'T' => new WorkflowAction { Id = id, CreateTimer = new CreateTimerAction { FireAt = Timestamp.FromDateTimeOffset(now.AddMilliseconds(150)) } },
            'K' => new WorkflowAction { Id = id, CreateChildWorkflow = new CreateChildWorkflowAction { Name = "five", InstanceId = KidOf(instance) } },
            _ => null,
        };
    }

    private static WorkflowAction Complete(int id, string result, OrchestrationStatus status = OrchestrationStatus.Completed) =>
        new() { Id = id, CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = status, Result = result } };
}

using System.Diagnostics;
using Dapr.DurableTask.Protobuf;
using LocalDapr.LedgerWorker;
using MiniGrpc;
using Case = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace LocalDapr.Runtime.Tests.Workflows.Ledgers;

/// <param name="Acknowledged">Lines of the clients' ledger.</param>
/// <param name="Given">Activities that workers were given.</param>
/// <param name="Repeated">Those of them that had been given out before, as their completion was not acknowledged.</param>
internal sealed record Verdict(int Acknowledged, int Given, int Repeated, IReadOnlyList<string> Findings);

/// <summary>Compares what the ledgers say with what the sidecar says.</summary>
internal sealed class LedgerVerdict(LedgerClient client, IReadOnlyList<Ledger.Entry> clients, IReadOnlyList<Ledger.Entry> workers)
{
    private readonly List<string> _findings = [];

    public async Task<Verdict> JudgeAsync(CancellationToken cancellation)
    {
        foreach (var life in clients.GroupBy(entry => entry.Instance)) await JudgeAsync(life.Key, [.. life.Select(entry => entry.What)], cancellation);
        var repeated = 0;
        foreach (var activity in workers.GroupBy(entry => (entry.Instance, entry.Detail))) repeated += Judge(activity.Key, [.. activity]);
        return new Verdict(clients.Count, workers.Count(entry => entry.What == "given"), repeated, _findings);
    }

    // The first acknowledgement ends an activity: whoever is given it afterwards is given it wrongly.
    private int Judge((string Instance, string Task) activity, Ledger.Entry[] entries)
    {
        var given = entries.Where(entry => entry.What == "given").ToArray();
        var done = entries.FirstOrDefault(entry => entry.What == "done");
        if (done is not null && given.LastOrDefault(entry => entry.Time > done.Time) is { } late)
            _findings.Add($"{activity} was given out {Stopwatch.GetElapsedTime(done.Time, late.Time).TotalMilliseconds:0.0} ms after its completion was acknowledged");
        return given.Length - 1;
    }

    private async Task JudgeAsync(string instance, HashSet<string> acknowledged, CancellationToken cancellation)
    {
        var (found, name) = (await client.GetAsync(instance, cancellation), LedgerClient.NameOf(instance));
        if (acknowledged.Contains("purged"))
        {
            Expect(!found.Exists, instance, "was purged and is there");
            if (name == "family") Expect(!(await client.GetAsync(Stories.KidOf(instance), cancellation)).Exists, instance, "was purged and its child is there");
            return;
        }
        if (!Expect(found.Exists, instance, "was started and is not there")) return;
        var wanted = name == "endless" ? OrchestrationStatus.Terminated : OrchestrationStatus.Completed;
        Expect(found.WorkflowState.WorkflowStatus == wanted, instance, $"is {found.WorkflowState.WorkflowStatus}");
        Expect(found.WorkflowState.Output == Stories.Output(name, instance), instance, $"returned {found.WorkflowState.Output}");
        Judge(instance, (await client.HistoryAsync(instance, cancellation)).Events);
    }

    private void Judge(string instance, IReadOnlyList<HistoryEvent> history)
    {
        Expect(history.Count > 1 && history[0].EventTypeCase == Case.WorkflowStarted, instance, "does not begin with a turn");
        Expect(history.Count(happened => happened.EventTypeCase == Case.ExecutionStarted) == 1, instance, "did not start once");
        Expect(history.Count(happened => happened.EventTypeCase == Case.ExecutionCompleted) == 1, instance, "did not end once");
        Expect(history[^1].EventTypeCase == Case.ExecutionCompleted, instance, "goes on after its end");
        var scheduled = history.Where(happened => happened.EventTypeCase is Case.TaskScheduled or Case.TimerCreated or Case.ChildWorkflowInstanceCreated)
            .Select(happened => happened.EventId).ToArray();
        var ended = history.Select(happened => happened.EventTypeCase switch
        {
            Case.TaskCompleted => happened.TaskCompleted.TaskScheduledId,
            Case.TimerFired => happened.TimerFired.TimerId,
            Case.ChildWorkflowInstanceCompleted => happened.ChildWorkflowInstanceCompleted.TaskScheduledId,
            _ => -1,
        }).Where(id => id >= 0).ToArray();
        Expect(scheduled.Distinct().Count() == scheduled.Length, instance, "scheduled something twice");
        Expect(ended.Distinct().Count() == ended.Length && !ended.Except(scheduled).Any(), instance, "has results that are not of one task each");
        Expect(!history.Any(happened => happened.EventTypeCase is Case.TaskFailed or Case.ChildWorkflowInstanceFailed), instance, "has failures");
    }

    private bool Expect(bool holds, string instance, string otherwise)
    {
        if (!holds) _findings.Add($"{instance} {otherwise}");
        return holds;
    }
}

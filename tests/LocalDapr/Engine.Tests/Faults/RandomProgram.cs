using LocalDapr.Engine.History;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Tests.Faults;

/// <summary>
/// A workflow made from a seed: generations of steps, each an activity (which may fail first), several at once, a timer, an event or a
/// child, and now and then an activity that it does not wait for; one that is spread also detaches workflows, and has some of its work done
/// in the app <see cref="Elsewhere"/>.
/// <see cref="Evaluate"/> says what it must return; <see cref="Run"/> is the workflow itself, as a function of its history.
/// </summary>
internal sealed class RandomProgram
{
    public const string Elsewhere = "bank";

    private const int RetryIdOffset = 10_000;
    private const int UnawaitedId = 5_000_000;

    private readonly List<List<Step>> _generations = [];
    private readonly int _seed;
    private readonly int _depth;
    private readonly bool _isSpread;

    private RandomProgram(bool isSpread, int seed, int depth)
    {
        (_isSpread, _seed, _depth) = (isSpread, seed, depth);
        var kinds = depth >= 2 ? 4 : isSpread ? 6 : 5;
        var random = new Random(seed);
        for (var generation = random.Next(3); generation >= 0; generation--)
        {
            var steps = Enumerable.Range(0, random.Next(1, 5)).Select(_ => new Step((Kind)random.Next(kinds), random.Next(1, 5))).ToList();
            _generations.Add(steps);
        }
    }

    private enum Kind
    {
        Activity,
        Parallel,
        Timer,
        Event,
        Child,
        Detached,
    }

    private readonly record struct Step(Kind Kind, int N);

    public static RandomProgram Of(string name) => name.Split(':') is [var kind, var seed, var depth]
        ? new RandomProgram(kind == "spread", int.Parse(seed), int.Parse(depth))
        : throw new ArgumentException(name);

    public static string Name(bool isSpread, int seed, int depth = 0) => $"{(isSpread ? "spread" : "alone")}:{seed}:{depth}";

    /// <summary>What an activity answers: the first attempts of some inputs fail.</summary>
    public static (string? Result, FailureDetails? Failure) Act(string input)
    {
        var parts = input.Split('/');
        return int.Parse(parts[1]) < int.Parse(parts[2]) ? (null, new FailureDetails("Try", "again")) : ($"<{parts[0]}>", null);
    }

    public string Evaluate()
    {
        var output = "";
        for (var generation = 0; generation < _generations.Count; generation++)
        {
            for (var step = 0; step < _generations[generation].Count; step++)
            {
                var at = _generations[generation][step];
                output += at.Kind switch
                {
                    Kind.Activity => $"<{generation}.{step}>",
                    Kind.Parallel => string.Concat(Enumerable.Range(0, at.N).Select(branch => $"<{generation}.{step}.{branch}>")),
                    Kind.Timer => "t",
                    Kind.Event => $"e{generation}.{step}",
                    Kind.Detached => "d",
                    _ => $"({Of(ChildName(generation, step)).Evaluate()})",
                };
            }
        }
        return output;
    }

    /// <summary>All that it and its children detach, and what those detach in turn: id, app and name.</summary>
    public IEnumerable<(string Id, string App, string Name)> Detached(string id, string app) =>
        Below(id, app).Where(below => below.IsDetached).Select(below => (below.Id, below.App, below.Name));

    /// <summary>Its children and theirs: id and app.</summary>
    public IEnumerable<(string Id, string App)> Family(string id, string app) =>
        Below(id, app, detached: false).Select(below => (below.Id, below.App));

    private IEnumerable<(string Id, string App, string Name, bool IsDetached)> Below(string id, string app, bool detached = true)
    {
        for (var generation = 0; generation < _generations.Count; generation++)
        {
            for (var step = 0; step < _generations[generation].Count; step++)
            {
                var at = _generations[generation][step];
                if (at.Kind != Kind.Child && (at.Kind != Kind.Detached || !detached)) continue;
                var (other, otherApp, name) = ($"{id}-{generation}.{step}", AppOf(at) ?? app, ChildName(generation, step));
                yield return (other, otherApp, name, at.Kind == Kind.Detached);
                foreach (var below in Of(name).Below(other, otherApp, detached)) yield return below;
            }
        }
    }

    /// <summary>The inputs of the activities that it, its children and what those detach ask for and do not wait for.</summary>
    public IEnumerable<string> Unawaited(string id, string app)
    {
        foreach (var (one, program) in Below(id, app).Select(below => (below.Id, Of(below.Name))).Prepend((id, this)))
        {
            for (var generation = 0; generation < program._generations.Count; generation++)
                if (program.IsCareless(generation)) yield return $"{one}!{generation}/0/0";
        }
    }

    /// <summary>A worker keeps still while this is so, as the SDKs do: what arrives waits in the history.</summary>
    public static bool IsSuspended(IEnumerable<HistoryEvent> history) =>
        history.LastOrDefault(happened => happened is ExecutionSuspended or ExecutionResumed) is ExecutionSuspended;

    /// <summary>One turn: follows the steps as far as the history allows, and answers what is new. Names the event it waits for.</summary>
    public (IReadOnlyList<WorkflowAction> Actions, string? Awaits) Run(IReadOnlyList<HistoryEvent> history, Moment soon)
    {
        if (IsSuspended(history)) return ([], null);
        var started = history.OfType<ExecutionStarted>().Single();
        var (generation, output) = started.Input is { Length: > 0 } input ? (int.Parse(input.Split('|')[0]), input.Split('|')[1]) : (0, "");
        var actions = new List<WorkflowAction>();
        var known = history.Where(happened => happened is TaskScheduled or TimerCreated or ChildCreated or DetachedCreated).Select(happened => happened.EventId).ToHashSet();
        void Want(WorkflowAction action)
        {
            if (!known.Contains(action.Id)) actions.Add(action);
        }
        for (var step = 0; step < _generations[generation].Count; step++)
        {
            var at = _generations[generation][step];
            var id = (step + 1) * 10;
            string? result = null;
            switch (at.Kind)
            {
                case Kind.Activity: result = Activity(history, Want, id, $"{generation}.{step}", at, at.N - 2, soon); break;
                case Kind.Parallel:
                    var all = Enumerable.Range(0, at.N).Select(branch => Activity(history, Want, id + branch, $"{generation}.{step}.{branch}", at, 0, soon)).ToList();
                    result = all.Contains(null) ? null : string.Concat(all);
                    break;
                case Kind.Timer:
                    Want(new CreateTimer(id, soon));
                    result = history.OfType<TimerFired>().Any(fired => fired.TimerId == id) ? "t" : null;
                    break;
                case Kind.Event:
                    result = history.OfType<EventRaised>().FirstOrDefault(raised => raised.Name == $"{generation}.{step}")?.Input;
                    if (result is null) return (actions, $"{generation}.{step}");
                    break;
                case Kind.Detached:
                    // What goes with the start of the next generation is dropped, so it is made before a timer.
                    Want(new CreateDetached(id, $"{started.InstanceId}-{generation}.{step}", ChildName(generation, step)) { TargetApp = AppOf(at) });
                    Want(new CreateTimer(id + 1, soon));
                    result = history.OfType<TimerFired>().Any(fired => fired.TimerId == id + 1) ? "d" : null;
                    break;
                default:
                    Want(new CreateChild(id, $"{started.InstanceId}-{generation}.{step}", ChildName(generation, step)) { TargetApp = AppOf(at) });
                    result = history.OfType<ChildCompleted>().FirstOrDefault(child => child.TaskId == id) is { } completed ? $"({completed.Result})" : null;
                    break;
            }
            if (result is null) return (actions, null);
            output += result;
        }
        var last = generation == _generations.Count - 1;
        if (IsCareless(generation))
        {
            var id = UnawaitedId + generation;
            Want(new ScheduleTask(id, "act") { Input = $"{started.InstanceId}!{generation}/0/0", TargetApp = _isSpread && _depth == 0 && _seed % 2 == 0 ? Elsewhere : null });
            // What goes with the start of the next generation is dropped; what goes with the end is not.
            if (!last) Want(new CreateTimer(id + 100, soon));
            if (!last && !history.OfType<TimerFired>().Any(fired => fired.TimerId == id + 100)) return (actions, null);
        }
        actions.Add(last
            ? new CompleteWorkflow(9_999, RuntimeStatus.Completed) { Result = output }
            : new CompleteWorkflow(9_999, RuntimeStatus.ContinuedAsNew) { Result = $"{generation + 1}|{output}", Carryover = [.. Unused(history, generation)] });
        return (actions, null);
    }

    private bool IsCareless(int generation) => (uint)(_seed + generation) % 3 == 0;

    private static IEnumerable<EventRaised> Unused(IReadOnlyList<HistoryEvent> history, int generation) =>
        history.OfType<EventRaised>().Where(raised => int.Parse(raised.Name.Split('.')[0]) > generation);

    // Attempt n has the id plus n offsets; between two attempts a timer of the attempt's id plus half an offset.
    private string? Activity(
        IReadOnlyList<HistoryEvent> history, Action<WorkflowAction> want, int id, string input, Step at, int failures, Moment soon)
    {
        for (var attempt = 0; ; attempt++, id += RetryIdOffset)
        {
            want(new ScheduleTask(id, "act") { Input = $"{input}/{attempt}/{failures}", TaskExecutionId = input, TargetApp = AppOf(at) });
            if (history.OfType<TaskCompleted>().FirstOrDefault(task => task.TaskId == id) is { } completed) return completed.Result;
            if (!history.OfType<TaskFailed>().Any(task => task.TaskId == id)) return null;
            var pause = id + (RetryIdOffset / 2);
            want(new CreateTimer(pause, soon));
            if (!history.OfType<TimerFired>().Any(fired => fired.TimerId == pause)) return null;
        }
    }

    // Half of the work of the first program; what runs elsewhere stays there.
    private string? AppOf(Step at) => _isSpread && _depth == 0 && at.N > 2 ? Elsewhere : null;

    private string ChildName(int generation, int step) => Name(_isSpread, unchecked((_seed * 31) + (generation * 7) + step), _depth + 1);
}

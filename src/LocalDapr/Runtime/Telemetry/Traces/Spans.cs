using System.Diagnostics;
using System.Runtime.CompilerServices;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Traces;
using LocalDapr.Runtime.Hosting;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Telemetry.Traces;

/// <summary>
/// Begins the spans of one sidecar, as its Configuration samples them: a trace that comes in decides for itself whether it is recorded, one
/// that begins here is by the rate. Safe for any number of callers.
/// </summary>
internal sealed class Spans : IAsyncDisposable
{
    // The names under which daprd and its workflow engine report.
    private readonly ActivitySource _api = new("dapr-diagnostics", RuntimeHost.RuntimeVersion);
    private readonly ActivitySource _workflow = new("durabletask", RuntimeHost.RuntimeVersion);
    private readonly double _rate;
    private readonly SpanExport? _export;

    private Spans(double rate, SpanExport? export)
    {
        (_rate, _export) = (rate, export);
        _export?.Listen(_api, _workflow);
    }

    /// <summary>Null when no trace is begun or gone on with here.</summary>
    public static Spans? Open(TracingSettings settings, string appId, ILogger log) =>
        settings.Rate is { } rate ? new Spans(rate, SpanExport.Open(settings, appId, log)) : null;

    /// <summary>False when spans only have identities, and go nowhere.</summary>
    public bool IsExported => _export is not null;

    /// <summary>A step of the sidecar itself that goes on with a trace, or begins one.</summary>
    public Span Start(string name, ActivityKind kind, string? traceParent, string? traceState) => Start(_api, name, kind, traceParent, traceState);

    /// <summary>The start of a workflow: what the workflow hangs below.</summary>
    public Span StartWorkflow(StartRequest start, string? traceParent, string? traceState)
    {
        if (start.Trace is { } given) (traceParent, traceState) = (given.TraceParent, given.TraceState);
        var span = Start(_workflow, $"create_orchestration||{start.Name}", ActivityKind.Client, traceParent, traceState);
        span.Set("durabletask.type", "orchestration");
        span.Set("durabletask.task.name", start.Name);
        span.Set("durabletask.task.instance_id", start.InstanceId);
        return span;
    }

    /// <summary>A step of a workflow, whole: it may have begun in another process.</summary>
    public void Record(WorkflowSpan step)
    {
        if (_export is null || !ActivityContext.TryParse(step.Parent.TraceParent, step.Parent.TraceState, isRemote: true, out var parent)) return;
        if (_workflow.CreateActivity(step.Name, KindOf(step.Kind), parent) is not { } activity) return;
        activity.SetStartTime(step.Began.UtcDateTime);
        Span.Apart(activity, static begun => begun.Start());
        // The engine has told this id already, to what hangs below the step.
        SpanIdOf(activity) = step.SpanId;
        foreach (var (key, value) in step.Attributes) activity.SetTag(key, value);
        foreach (var happened in step.Events) activity.AddEvent(new ActivityEvent(happened.Name, happened.At, new ActivityTagsCollection(happened.Attributes!)));
        if (step.Failure is { } why) activity.SetStatus(ActivityStatusCode.Error, why);
        activity.SetEndTime(step.Ended.UtcDateTime);
        Span.Apart(activity, static ended => ended.Stop());
    }

    public async ValueTask DisposeAsync()
    {
        if (_export is not null) await _export.DisposeAsync();
        _api.Dispose();
        _workflow.Dispose();
    }

    private Span Start(ActivitySource source, string name, ActivityKind kind, string? traceParent, string? traceState)
    {
        var hasParent = ActivityContext.TryParse(traceParent, traceState, isRemote: true, out var parent);
        if (!hasParent) traceState = null;
        var sampled = hasParent ? parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) : IsChosen();
        if (sampled && _export is not null && Begin(source, name, kind, parent) is { } activity) return new Span(activity.Id!, traceState, activity);
        var trace = hasParent ? parent.TraceId : ActivityTraceId.CreateRandom();
        return new Span($"00-{trace}-{ActivitySpanId.CreateRandom()}-{(sampled ? "01" : "00")}", traceState, null);
    }

    private static ActivityKind KindOf(WorkflowSpanKind kind) => kind == WorkflowSpanKind.Timer ? ActivityKind.Internal : ActivityKind.Server;

    // There is no other way to give an activity an id that is known before it begins; the tests notice if the field is ever renamed.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_spanId")]
    private static extern ref string? SpanIdOf(Activity activity);

    private static Activity? Begin(ActivitySource source, string name, ActivityKind kind, ActivityContext parent)
    {
        var current = Activity.Current;
        if (parent == default) Activity.Current = null; // else it would be the parent
        var activity = source.CreateActivity(name, kind, parent)?.Start();
        Activity.Current = current is { IsStopped: false } ? current : null;
        return activity;
    }

#pragma warning disable CA5394 // Which traces are kept is no secret.
    private bool IsChosen() => _rate >= 1 || Random.Shared.NextDouble() < _rate;
#pragma warning restore CA5394
}

using System.Diagnostics;
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

    /// <summary>A step of the sidecar itself that goes on with a trace, or begins one.</summary>
    public Span Start(string name, ActivityKind kind, string? traceParent, string? traceState)
    {
        var hasParent = ActivityContext.TryParse(traceParent, traceState, isRemote: true, out var parent);
        if (!hasParent) traceState = null;
        var sampled = hasParent ? parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) : IsChosen();
        if (sampled && _export is not null && Begin(_api, name, kind, parent) is { } activity) return new Span(activity.Id!, traceState, activity);
        var trace = hasParent ? parent.TraceId : ActivityTraceId.CreateRandom();
        return new Span($"00-{trace}-{ActivitySpanId.CreateRandom()}-{(sampled ? "01" : "00")}", traceState, null);
    }

    public async ValueTask DisposeAsync()
    {
        if (_export is not null) await _export.DisposeAsync();
        _api.Dispose();
        _workflow.Dispose();
    }

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

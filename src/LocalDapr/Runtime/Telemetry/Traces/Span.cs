using System.Diagnostics;

namespace LocalDapr.Runtime.Telemetry.Traces;

/// <summary>
/// One step of a trace, until it is disposed of. It always has an identity to hand on; only a step that is recorded has an activity behind
/// it. Not the current activity of anything: who goes on with a trace here is told so.
/// </summary>
internal sealed class Span(string traceParent, string? traceState, Activity? activity) : IDisposable
{
    public string TraceParent => traceParent;

    public string? TraceState => traceState;

    public string SpanId => traceParent[36..52];

    /// <summary>False when nobody will see it: then describing it is lost work.</summary>
    public bool IsRecorded => activity is not null;

    public void Rename(string name)
    {
        if (activity is not null) activity.DisplayName = name;
    }

    /// <summary>What has no value is left out.</summary>
    public void Set(string key, string? value)
    {
        if (value is { Length: > 0 }) activity?.SetTag(key, value);
    }

    public void Set(IEnumerable<KeyValuePair<string, string>> attributes)
    {
        foreach (var (key, value) in attributes) Set(key, value);
    }

    public void Fail(string why) => activity?.SetStatus(ActivityStatusCode.Error, why);

    public void FailOf(int httpStatus)
    {
        if (httpStatus < 400 || activity is null) return;
        var phrase = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(httpStatus);
        Fail($"Code({httpStatus}): {(phrase.Length > 0 ? phrase : "Unknown")}");
    }

    public void Dispose()
    {
        if (activity is not null) Apart(activity, static ended => ended.Stop());
    }

    /// <summary>Begins or ends an activity without touching the current one.</summary>
    internal static void Apart(Activity activity, Action<Activity> change)
    {
        var current = Activity.Current;
        change(activity);
        Activity.Current = current is { IsStopped: false } ? current : null;
    }
}

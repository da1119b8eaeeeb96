using LocalDapr.Engine.History;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

/// <summary>What is durably known of an instance at one moment.</summary>
public sealed record InstanceSummary(string InstanceId, RuntimeStatus Status)
{
    /// <summary>Null until the first turn was committed.</summary>
    public ExecutionStarted? Started { get; init; }

    public ExecutionCompleted? Completed { get; init; }

    /// <summary>When the first turn of this generation began; null until it was committed.</summary>
    public Moment? Began { get; init; }

    /// <summary>When its history last changed: what waits in the inbox has not changed it yet; null until the first turn was committed.</summary>
    public Moment? LastUpdated { get; init; }

    public string? CustomStatus { get; init; }

    public string? VersionName { get; init; }

    public bool IsTerminal => Completed is not null;

    internal static InstanceSummary Of(string id, InstanceState state, string? customStatus, Moment updated) => new(id, state.Status)
    {
        Started = state.Started ?? state.Continued,
        Completed = state.Completed,
        Began = state.History is [var first, ..] ? first.Timestamp : state.Continued?.Timestamp,
        LastUpdated = (state.Started ?? state.Continued) is null ? null : updated,
        CustomStatus = customStatus,
        VersionName = state.VersionName,
    };
}

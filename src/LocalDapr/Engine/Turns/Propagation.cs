using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Turns;

/// <summary>The history that goes along with an activity or a child whose action asks for it.</summary>
public static class Propagation
{
    /// <param name="instanceId">The instance's own id: one that was rerun has the start of another.</param>
    /// <param name="soFar">The instance's own history up to and with the event that schedules.</param>
    public static PropagatedHistory? For(
        PropagationScope? scope, string appId, string instanceId, ExecutionStarted started, IReadOnlyList<HistoryEvent> soFar)
    {
        if (scope is null or PropagationScope.None) return null;
        var own = new PropagatedChunk(appId, instanceId, started.Name, soFar);
        return scope == PropagationScope.Lineage && started.Propagated is { } received
            ? new PropagatedHistory(scope.Value, [.. received.Chunks, own])
            : new PropagatedHistory(scope.Value, [own]);
    }
}

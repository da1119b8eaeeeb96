using System.Diagnostics.CodeAnalysis;

namespace Dapr.Workflow;

/// <summary>What a workflow was told of those who called it, oldest caller first.</summary>
public sealed class PropagatedHistory(IReadOnlyList<PropagatedHistoryEvent> events)
{
    /// <summary>One entry for each calling workflow.</summary>
    public IReadOnlyList<PropagatedHistoryEvent> Events { get; } = events ?? throw new ArgumentNullException(nameof(events));

    public IReadOnlyList<string> GetAppIds() => [.. Events.Select(e => e.AppId).Distinct(StringComparer.OrdinalIgnoreCase)];

    public IReadOnlyList<PropagatedHistoryEvent> GetEventsByWorkflowName(string name) => Named.All(Events, e => e.Name, name);

    public bool TryGetLastWorkflowEventByName(string name, [NotNullWhen(true)] out PropagatedHistoryEvent? result) =>
        (result = GetEventsByWorkflowName(name) is [.., var last] ? last : null) is not null;

    public IReadOnlyList<PropagatedHistoryEvent> GetByAppId(string appId) => Named.All(Events, e => e.AppId, appId);

    public IReadOnlyList<PropagatedHistoryEvent> GetByInstanceId(string instanceId) =>
        Named.All(Events, e => e.InstanceId, instanceId, StringComparison.Ordinal);
}

/// <summary>The steps of one calling workflow, up to its call.</summary>
public sealed class PropagatedHistoryEvent(
    string instanceId,
    string appId,
    string name,
    IReadOnlyList<PropagatedHistoryActivityResult> activities,
    IReadOnlyList<PropagatedHistoryWorkflowResult> childWorkflows)
{
    public string InstanceId { get; } = instanceId ?? throw new ArgumentNullException(nameof(instanceId));

    public string AppId { get; } = appId ?? throw new ArgumentNullException(nameof(appId));

    /// <summary>The name of the calling workflow.</summary>
    public string Name { get; } = name ?? throw new ArgumentNullException(nameof(name));

    public IReadOnlyList<PropagatedHistoryActivityResult> Activities { get; } = activities ?? throw new ArgumentNullException(nameof(activities));

    public IReadOnlyList<PropagatedHistoryWorkflowResult> Workflows { get; } =
        childWorkflows ?? throw new ArgumentNullException(nameof(childWorkflows));

    public IReadOnlyList<PropagatedHistoryActivityResult> GetActivitiesByName(string name) => Named.All(Activities, a => a.Name, name);

    public bool TryGetLastActivityByName(string name, [NotNullWhen(true)] out PropagatedHistoryActivityResult? result) =>
        (result = GetActivitiesByName(name) is [.., var last] ? last : null) is not null;

    public IReadOnlyList<PropagatedHistoryWorkflowResult> GetWorkflowsByName(string name) => Named.All(Workflows, w => w.Name, name);

    public bool TryGetLastWorkflowByName(string name, [NotNullWhen(true)] out PropagatedHistoryWorkflowResult? result) =>
        (result = GetWorkflowsByName(name) is [.., var last] ? last : null) is not null;
}

/// <summary>How a step of a caller stood when it called.</summary>
public enum PropagatedHistoryStatus
{
    Pending = 0,
    Completed = 1,
    Failed = 2,
}

/// <summary>An activity of a caller.</summary>
public sealed record PropagatedHistoryActivityResult(
    string Name, PropagatedHistoryStatus Status, string? Input, string? Output, WorkflowTaskFailureDetails? FailureDetails);

/// <summary>A child workflow of a caller.</summary>
public sealed record PropagatedHistoryWorkflowResult(
    string Name, PropagatedHistoryStatus Status, string? Output, WorkflowTaskFailureDetails? FailureDetails);

file static class Named
{
    public static IReadOnlyList<T> All<T>(IReadOnlyList<T> all, Func<T, string> name, string wanted, StringComparison comparison = StringComparison.OrdinalIgnoreCase)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(wanted);
        return [.. all.Where(one => string.Equals(name(one), wanted, comparison))];
    }
}

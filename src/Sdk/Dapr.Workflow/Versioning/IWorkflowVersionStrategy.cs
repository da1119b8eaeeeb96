namespace Dapr.Workflow.Versioning;

/// <summary>Reads versions out of the names of classes, and orders them.</summary>
public interface IWorkflowVersionStrategy : IComparer<string>
{
    /// <summary>False when the name has no version of this form.</summary>
    bool TryParse(string typeName, out string canonicalName, out string version);

    /// <summary>Below zero when the first version is the older one.</summary>
    new int Compare(string v1, string v2);
}

/// <summary>Picks the version that new instances run.</summary>
public interface IWorkflowVersionSelector
{
    /// <summary>The version of the workflow to run; there is at least one candidate.</summary>
    WorkflowVersionIdentity SelectLatest(
        string canonicalName, IReadOnlyCollection<WorkflowVersionIdentity> candidates, IWorkflowVersionStrategy strategy);
}

/// <summary>One version of a workflow, and the class that is it.</summary>
public readonly record struct WorkflowVersionIdentity(string CanonicalName, string Version, string TypeName, string? AssemblyName = null)
{
    /// <inheritdoc/>
    public override string ToString() => $"{CanonicalName}@{Version} ({TypeName})";
}

/// <summary>A strategy that wants to know what it is made for.</summary>
public interface IWorkflowVersionStrategyContextConsumer
{
    /// <summary>Comes once, before anything is parsed.</summary>
    void Configure(WorkflowVersionStrategyContext context);
}

/// <summary>What a strategy is made for.</summary>
public readonly record struct WorkflowVersionStrategyContext(string CanonicalName, string? OptionsName);

/// <summary>Picks the highest version.</summary>
public sealed class MaxVersionSelector : IWorkflowVersionSelector
{
    /// <inheritdoc/>
    public WorkflowVersionIdentity SelectLatest(
        string canonicalName, IReadOnlyCollection<WorkflowVersionIdentity> candidates, IWorkflowVersionStrategy strategy)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(strategy);
        ArgumentOutOfRangeException.ThrowIfZero(candidates.Count, nameof(candidates));
        return candidates.OrderBy(candidate => candidate.Version, strategy).Last();
    }
}

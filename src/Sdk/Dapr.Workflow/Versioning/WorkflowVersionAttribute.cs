namespace Dapr.Workflow.Versioning;

/// <summary>Says what version of which workflow a class is; what it leaves out is read from the name of the class.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = false)]
public sealed class WorkflowVersionAttribute : Attribute
{
    /// <summary>The name that all versions of the workflow share, under which it is started.</summary>
    public string? CanonicalName { get; init; }

    /// <summary>The version, in the form of the strategy.</summary>
    public string? Version { get; init; }

    /// <summary>An <see cref="IWorkflowVersionStrategy"/> for this class instead of the application's.</summary>
    public Type? StrategyType { get; init; }

    /// <summary>The name of the options that the strategy takes.</summary>
    public string? OptionsName { get; init; }
}

namespace Dapr.Workflow.Abstractions.Attributes;

/// <summary>Marks a workflow for registration by <c>AddDaprWorkflow()</c>.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class WorkflowAttribute(string? name = null) : Attribute
{
    /// <summary>The registered name; null is the name of the class.</summary>
    public string? Name { get; } = name;
}

/// <summary>Marks an activity for registration by <c>AddDaprWorkflow()</c>.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class WorkflowActivityAttribute(string? name = null) : Attribute
{
    /// <summary>The registered name; null is the name of the class.</summary>
    public string? Name { get; } = name;
}

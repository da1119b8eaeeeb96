namespace Dapr.Workflow.Abstractions.Attributes;

/// <summary>Marks a workflow for registration by <c>AddDaprWorkflow()</c>.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class WorkflowAttribute(string name) : Attribute
{
    /// <summary>Registered under the name of the class.</summary>
    public WorkflowAttribute()
        : this(null!)
    {
    }

    /// <summary>The registered name; null is the name of the class.</summary>
    public string? Name { get; } = name;
}

/// <summary>Marks an activity for registration by <c>AddDaprWorkflow()</c>.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class WorkflowActivityAttribute(string name) : Attribute
{
    /// <summary>Registered under the name of the class.</summary>
    public WorkflowActivityAttribute()
        : this(null!)
    {
    }

    /// <summary>The registered name; null is the name of the class.</summary>
    public string? Name { get; } = name;
}

using Dapr.Common;

namespace Dapr.Workflow.Registration;

/// <summary>Further choices for workflows that were added to services.</summary>
#pragma warning disable CA1040 // a marker in the official SDK too
public interface IDaprWorkflowBuilder : IDaprServiceBuilder;
#pragma warning restore CA1040

using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Dapr.Workflow.Determinism;

/// <summary>Tells the code of workflows from that of activities and of everything else.</summary>
internal sealed class WorkflowTypes(INamedTypeSymbol workflow, INamedTypeSymbol? activity)
{
    /// <summary>Null when the compilation knows no workflows.</summary>
    public static WorkflowTypes? Of(Compilation compilation) => compilation.GetTypeByMetadataName("Dapr.Workflow.Workflow`2") is { } workflow
        ? new WorkflowTypes(workflow, compilation.GetTypeByMetadataName("Dapr.Workflow.WorkflowActivity`2"))
        : null;

    /// <summary>In a class that is a workflow, or in a type nested in one; or in a lambda that is registered as one.</summary>
    public bool IsWorkflow(ISymbol member, IOperation operation) => IsWorkflow(member) || IsRegistered(operation);

    public bool IsWorkflow(ISymbol member)
    {
        for (var type = TypeOf(member); type is not null; type = type.ContainingType)
        {
            if (IsActivityType(type)) return false;
            if (Derives(type, workflow)) return true;
        }

        return false;
    }

    public bool IsActivity(ISymbol member)
    {
        for (var type = TypeOf(member); type is not null; type = type.ContainingType)
        {
            if (IsActivityType(type)) return true;
        }

        return false;
    }

    /// <summary>The operation is, or stands in, a function given to RegisterWorkflow.</summary>
    private static bool IsRegistered(IOperation operation)
    {
        for (IOperation? inner = operation; inner is not null; inner = inner.Parent)
        {
            if (inner is not (IAnonymousFunctionOperation or IMethodReferenceOperation)) continue;
            var taker = inner.Parent;
            while (taker is IDelegateCreationOperation or IConversionOperation or IArgumentOperation) taker = taker.Parent;
            if (taker is IInvocationOperation { TargetMethod: { Name: "RegisterWorkflow", ContainingType.Name: "WorkflowRuntimeOptions" } }) return true;
        }

        return false;
    }

    private bool IsActivityType(INamedTypeSymbol type) => activity is not null && Derives(type, activity);

    private static INamedTypeSymbol? TypeOf(ISymbol member) => member as INamedTypeSymbol ?? member.ContainingType;

    private static bool Derives(INamedTypeSymbol type, INamedTypeSymbol from)
    {
        for (var parent = type.BaseType; parent is not null; parent = parent.BaseType)
        {
            if (SymbolEqualityComparer.Default.Equals(parent.OriginalDefinition, from)) return true;
        }

        return false;
    }
}

using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Dapr.Workflow.Determinism;

/// <summary>Says of one operation whether it is what a workflow may not do, and why.</summary>
internal static class BannedUse
{
    private const string LeavesScheduler = "its continuation leaves the workflow's scheduler; await without it";

    /// <summary>What the operation uses; null when it uses nothing.</summary>
    public static ISymbol? Of(IOperation operation) => operation switch
    {
        IInvocationOperation call => call.TargetMethod,
        IPropertyReferenceOperation property => property.Property,
        IObjectCreationOperation creation => creation.Constructor,
        IMethodReferenceOperation method => method.Method,
        IFieldReferenceOperation field => field.Field,
        _ => null,
    };

    /// <summary>Null when it may be used.</summary>
    public static string? Reason(ISymbol used, IOperation operation)
    {
        if (operation is IInvocationOperation call && used.Name == "ConfigureAwait") return LeavesTheContext(call) ? LeavesScheduler : null;
        if (operation is IObjectCreationOperation { Arguments.Length: > 0 } && NameOf(used.ContainingType) == "System.Threading.CancellationTokenSource")
            return "await context.CreateTimer, and cancel when it fires";
        for (var type = used.ContainingType; type is not null; type = type.BaseType)
        {
            if (BannedCalls.Reason(NameOf(type), used.Name) is { } reason) return reason;
        }

        return null;
    }

    public static string Display(ISymbol used) => used switch
    {
        IMethodSymbol { MethodKind: MethodKind.Constructor } => $"new {used.ContainingType.Name}",
        IMethodSymbol { AssociatedSymbol: { } property } => $"{used.ContainingType.Name}.{property.Name}",
        _ => $"{used.ContainingType.Name}.{used.Name}",
    };

    // ConfigureAwait(true) and ContinueOnCapturedContext, the flag 1, stay where they are; anything else that is not known to, does not.
    private static bool LeavesTheContext(IInvocationOperation call) =>
        NameOf(call.TargetMethod.ContainingType).StartsWith("System.Threading.Tasks.", System.StringComparison.Ordinal)
        && call.Arguments.Select(argument => argument.Value.ConstantValue).FirstOrDefault() switch
        {
            { HasValue: true, Value: bool captured } => !captured,
            { HasValue: true, Value: int flags } => (flags & 1) == 0,
            _ => true,
        };

    private static string NameOf(INamedTypeSymbol? type) => type is null ? "" : $"{type.ContainingNamespace.ToDisplayString()}.{type.Name}";
}

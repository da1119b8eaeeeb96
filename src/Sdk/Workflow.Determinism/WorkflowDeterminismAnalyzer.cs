using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Dapr.Workflow.Determinism;

/// <summary>
/// Refuses code in classes that derive from <c>Dapr.Workflow.Workflow&lt;,&gt;</c> that would run otherwise on replay. It looks at the class itself, its
/// lambdas and the types nested in it (activities excepted), not at what the class calls elsewhere.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class WorkflowDeterminismAnalyzer : DiagnosticAnalyzer
{
    private static readonly DiagnosticDescriptor Rule = new(
        "WFD001", "A workflow must run the same when it is replayed", "A workflow may not use {0}: {1}", "Reliability", DiagnosticSeverity.Error, isEnabledByDefault: true);

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rule];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            var workflow = start.Compilation.GetTypeByMetadataName("Dapr.Workflow.Workflow`2");
            if (workflow is null) return;
            var activity = start.Compilation.GetTypeByMetadataName("Dapr.Workflow.WorkflowActivity`2");
            start.RegisterOperationAction(
                found => Check(found, workflow, activity),
                OperationKind.Invocation, OperationKind.PropertyReference, OperationKind.ObjectCreation, OperationKind.MethodReference);
        });
    }

    private static void Check(OperationAnalysisContext context, INamedTypeSymbol workflow, INamedTypeSymbol? activity)
    {
        var used = context.Operation switch
        {
            IInvocationOperation call => call.TargetMethod,
            IPropertyReferenceOperation property => property.Property,
            IObjectCreationOperation creation => creation.Constructor,
            IMethodReferenceOperation method => method.Method,
            _ => (ISymbol?)null,
        };
        if (used is null || Reason(used, context.Operation) is not { } reason) return;
        if (!IsInWorkflow(context.ContainingSymbol, workflow, activity)) return;
        context.ReportDiagnostic(Diagnostic.Create(Rule, context.Operation.Syntax.GetLocation(), Display(used), reason));
    }

    private static string? Reason(ISymbol used, IOperation operation)
    {
        if (operation is IInvocationOperation call && used.Name == "ConfigureAwait") return LeavesTheContext(call) ? "its continuation leaves the workflow's scheduler; await without it" : null;
        if (operation is IObjectCreationOperation { Arguments.Length: > 0 } && NameOf(used.ContainingType) == "System.Threading.CancellationTokenSource")
            return "await context.CreateTimer, and cancel when it fires";
        for (var type = used.ContainingType; type is not null; type = type.BaseType)
        {
            if (BannedCalls.Reason(NameOf(type), used.Name) is { } reason) return reason;
        }

        return null;
    }

    // ConfigureAwait(true) and ContinueOnCapturedContext, the flag 1, stay where they are; anything else that is not known to, does not.
    private static bool LeavesTheContext(IInvocationOperation call) =>
        NameOf(call.TargetMethod.ContainingType).StartsWith("System.Threading.Tasks.", System.StringComparison.Ordinal)
        && call.Arguments.Select(argument => argument.Value.ConstantValue).FirstOrDefault() switch
        {
            { HasValue: true, Value: bool captured } => !captured,
            { HasValue: true, Value: int flags } => (flags & 1) == 0,
            _ => true,
        };

    private static bool IsInWorkflow(ISymbol symbol, INamedTypeSymbol workflow, INamedTypeSymbol? activity)
    {
        for (var type = symbol as INamedTypeSymbol ?? symbol.ContainingType; type is not null; type = type.ContainingType)
        {
            if (activity is not null && Derives(type, activity)) return false;
            if (Derives(type, workflow)) return true;
        }

        return false;
    }

    private static bool Derives(INamedTypeSymbol type, INamedTypeSymbol from)
    {
        for (var parent = type.BaseType; parent is not null; parent = parent.BaseType)
        {
            if (SymbolEqualityComparer.Default.Equals(parent.OriginalDefinition, from)) return true;
        }

        return false;
    }

    private static string NameOf(INamedTypeSymbol? type) => type is null ? "" : $"{type.ContainingNamespace.ToDisplayString()}.{type.Name}";

    private static string Display(ISymbol used) => used is IMethodSymbol { MethodKind: MethodKind.Constructor } ? $"new {used.ContainingType.Name}" : $"{used.ContainingType.Name}.{used.Name}";
}

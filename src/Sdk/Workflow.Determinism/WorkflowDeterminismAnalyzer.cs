using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Dapr.Workflow.Determinism;

/// <summary>
/// Refuses code of workflows that would run otherwise on replay: in classes that derive from <c>Dapr.Workflow.Workflow&lt;,&gt;</c> with what is nested in
/// them (activities excepted), in functions given to <c>RegisterWorkflow</c>, and in whatever of the same compilation they call, make or read.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class WorkflowDeterminismAnalyzer : DiagnosticAnalyzer
{
    private static readonly DiagnosticDescriptor Rule = new(
        "WFD001", "A workflow must run the same when it is replayed", "A workflow may not use {0}: {1}", "Reliability", DiagnosticSeverity.Error,
        isEnabledByDefault: true, customTags: WellKnownDiagnosticTags.CompilationEnd);

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rule];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            if (WorkflowTypes.Of(start.Compilation) is not { } types) return;
            var graph = new CallGraph(start.Compilation.Assembly);
            start.RegisterOperationAction(
                found => Look(found, types, graph),
                OperationKind.Invocation, OperationKind.PropertyReference, OperationKind.ObjectCreation, OperationKind.MethodReference, OperationKind.FieldReference);
            start.RegisterCompilationEndAction(end => TellReached(end, types, graph));
        });
    }

    private static void Look(OperationAnalysisContext context, WorkflowTypes types, CallGraph graph)
    {
        if (BannedUse.Of(context.Operation) is not { } used) return;
        var inWorkflow = types.IsWorkflow(context.ContainingSymbol, context.Operation);
        graph.AddUse(context.ContainingSymbol, used, inWorkflow);
        if (context.Operation is IFieldReferenceOperation || BannedUse.Reason(used, context.Operation) is not { } reason) return;
        var place = context.Operation.Syntax.GetLocation();
        if (inWorkflow) context.ReportDiagnostic(Diagnostic.Create(Rule, place, BannedUse.Display(used), reason));
        else graph.AddBanned(context.ContainingSymbol, new Banned(place, BannedUse.Display(used), reason));
    }

    private static void TellReached(CompilationAnalysisContext context, WorkflowTypes types, CallGraph graph)
    {
        foreach (var (banned, root, by) in graph.Reached(types))
        {
            var way = $"{banned.Reason} ({BannedUse.Display(root)} gets here by {BannedUse.Display(by)})";
            context.ReportDiagnostic(Diagnostic.Create(Rule, banned.Place, banned.Used, way));
        }
    }
}

using System.Collections.Immutable;
using Dapr.Workflow;
using Dapr.Workflow.Determinism;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Workflow.Determinism.Tests;

/// <summary>Compiles a text with the analyzer, as a build does.</summary>
internal static class Compiler
{
    private static readonly MetadataReference[] References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(File.Exists).Select(file => MetadataReference.CreateFromFile(file)),
        MetadataReference.CreateFromFile(typeof(WorkflowContext).Assembly.Location)];

    private const string Usings = """
        using System; using System.IO; using System.Linq; using System.Net.Http; using System.Net.Http.Json; using System.Threading; using System.Threading.Tasks; using Dapr.Workflow;

        """;

    public static Task<string[]> WarnsOfAsync(string statement) => CompileAsync($$"""
        class Saga : Workflow<int, int>
        {
            public override async Task<int> RunAsync(WorkflowContext context, int input)
            {
                await context.CreateTimer(TimeSpan.Zero);
                {{statement}}
                return input;
            }
        }
        """);

    /// <summary>The messages of the rule; the text must compile otherwise.</summary>
    public static async Task<string[]> CompileAsync(string code)
    {
        var cancellation = Xunit.TestContext.Current.CancellationToken;
        var compilation = CSharpCompilation.Create(
            "Code", [CSharpSyntaxTree.ParseText(Usings + code, cancellationToken: cancellation)], References,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        var broken = compilation.GetDiagnostics(cancellation).Where(d => d.Severity == DiagnosticSeverity.Error);
        Xunit.Assert.Empty(broken);
        var analyzers = compilation.WithAnalyzers(ImmutableArray.Create<DiagnosticAnalyzer>(new WorkflowDeterminismAnalyzer()));
        var found = await analyzers.GetAnalyzerDiagnosticsAsync(cancellation);
        Xunit.Assert.All(found, diagnostic => Xunit.Assert.Equal(("WFD001", DiagnosticSeverity.Error), (diagnostic.Id, diagnostic.Severity)));
        return [.. found.Select(diagnostic => diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture))];
    }
}

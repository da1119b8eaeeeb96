using Dapr.Workflow;

namespace Sdk.Contract.Workflows;

/// <summary>Registered by nobody: that it is in the application is enough.</summary>
internal sealed class Unlisted : Workflow<string, string>
{
    public override Task<string> RunAsync(WorkflowContext context, string input) => context.CallActivityAsync<string>(nameof(UnlistedStep), input);
}

/// <inheritdoc cref="Unlisted"/>
internal sealed class UnlistedStep : WorkflowActivity<string, string>
{
    public override Task<string> RunAsync(WorkflowActivityContext context, string input) => Task.FromResult($"unlisted {input}");
}

// The packages' analyzer advises against it, and their worker does it all the same.
#pragma warning disable DAPR1305

/// <summary>Its constructor takes what each run has of its own.</summary>
internal sealed class WithScope(ScopeOfRun scope) : Workflow<string, Guid>
{
    public override Task<Guid> RunAsync(WorkflowContext context, string input) => Task.FromResult(scope.Id);
}

internal sealed class ScopeOfRun
{
    public Guid Id { get; } = Guid.NewGuid();
}

/// <summary>Cannot be made: nobody registers what its constructor takes.</summary>
#pragma warning disable CS9113 // that it is asked for is what the test is for
internal sealed class Unmakeable(Uri nowhere) : Workflow<string, string>
#pragma warning restore CS9113
{
    public override Task<string> RunAsync(WorkflowContext context, string input) => Task.FromResult(input);
}

/// <inheritdoc cref="Unmakeable"/>
#pragma warning disable CS9113
internal sealed class UnmakeableStep(Uri nowhere) : WorkflowActivity<string, string>
#pragma warning restore CS9113
{
    public override Task<string> RunAsync(WorkflowActivityContext context, string input) => Task.FromResult(input);
}

/// <summary>Can be made in two ways; the container takes the one that it can give the most to.</summary>
internal sealed class TwoWays : WorkflowActivity<string, string>
{
    private readonly string way;

    public TwoWays() => way = "none";

    public TwoWays(Notes notes) => way = notes.GetType().Name;

    public override Task<string> RunAsync(WorkflowActivityContext context, string input) => Task.FromResult(way);
}

using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Workflow;

// A workflow whose constructor takes services, with the scope they come from. The scope lives as long as the run, which may be kept between its turns.
internal sealed class ScopedWorkflow : IWorkflow, IAsyncDisposable
{
    private readonly IWorkflow _workflow;
    private readonly AsyncServiceScope _scope;

    private ScopedWorkflow(IWorkflow workflow, AsyncServiceScope scope) => (_workflow, _scope) = (workflow, scope);

    public Type InputType => _workflow.InputType;

    public Type OutputType => _workflow.OutputType;

    public static bool IsNeededFor(Type type) => type.GetConstructors().Any(constructor => constructor.GetParameters().Length > 0);

    public static ScopedWorkflow Create(IServiceProvider services, Func<IServiceProvider, IWorkflow> create)
    {
        var scope = services.CreateAsyncScope();
        try
        {
            return new(create(scope.ServiceProvider), scope);
        }
        catch
        {
            // Nothing has been taken from it but what failed.
            scope.Dispose();
            throw;
        }
    }

    public Task<object?> RunAsync(WorkflowContext context, object? input) => _workflow.RunAsync(context, input);

    public ValueTask DisposeAsync() => _scope.DisposeAsync();
}

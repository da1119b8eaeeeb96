using Dapr.Workflow.Abstractions;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Workflow;

/// <summary>Which workflows and activities this application hosts. Names are compared without regard to letter case; the first registration counts.</summary>
public sealed class WorkflowRuntimeOptions
{
    internal Dictionary<string, Func<IServiceProvider, IWorkflow>> Workflows { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The classes among the workflows.</summary>
    internal Dictionary<string, Type> WorkflowTypes { get; } = new(StringComparer.OrdinalIgnoreCase);

    internal Dictionary<string, Func<IServiceProvider, IWorkflowActivity>> Activities { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Has no effect, as in the official SDK: a sidecar's configuration bounds the work.</summary>
    [Obsolete("Has no effect: bound the work in the sidecar's configuration.")]
    public int MaxConcurrentWorkflows
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 100;

    /// <inheritdoc cref="MaxConcurrentWorkflows"/>
    [Obsolete("Has no effect: bound the work in the sidecar's configuration.")]
    public int MaxConcurrentActivities
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 100;

    /// <summary>What <see cref="UseGrpcChannelOptions"/> was given.</summary>
    public GrpcChannelOptions? GrpcChannelOptions { get; private set; }

    /// <summary>Message sizes of the connection to the sidecar are taken from these options.</summary>
    public void UseGrpcChannelOptions(GrpcChannelOptions grpcChannelOptions)
    {
        ArgumentNullException.ThrowIfNull(grpcChannelOptions);
        GrpcChannelOptions = grpcChannelOptions;
    }

    /// <summary>Registers a class; without a name, under the name of the class. Created through dependency injection for each run.</summary>
    public void RegisterWorkflow<TWorkflow>(string? name = null)
        where TWorkflow : class, IWorkflow =>
        RegisterWorkflow(typeof(TWorkflow), name);

    /// <summary>Registers a function.</summary>
    public void RegisterWorkflow<TInput, TOutput>(string name, Func<WorkflowContext, TInput, Task<TOutput>> implementation)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(implementation);
        Workflows.TryAdd(name, _ => new FunctionWorkflow<TInput, TOutput>(implementation));
    }

    /// <summary>Registers a class; without a name, under the name of the class. Created through dependency injection for each call.</summary>
    public void RegisterActivity<TActivity>(string? name = null)
        where TActivity : class, IWorkflowActivity =>
        RegisterActivity(typeof(TActivity), name);

    /// <summary>Registers a function.</summary>
    public void RegisterActivity<TInput, TOutput>(string name, Func<WorkflowActivityContext, TInput, Task<TOutput>> implementation)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(implementation);
        Activities.TryAdd(name, _ => new FunctionActivity<TInput, TOutput>(implementation));
    }

    internal void RegisterWorkflow(Type type, string? name)
    {
        name ??= type.Name;
        var create = Creator<IWorkflow>(type);
        if (Workflows.TryAdd(name, ScopedWorkflow.IsNeededFor(type) ? services => ScopedWorkflow.Create(services, create) : create))
        {
            WorkflowTypes.Add(name, type);
        }
    }

    internal void RegisterActivity(Type type, string? name) => Activities.TryAdd(name ?? type.Name, Creator<IWorkflowActivity>(type));

    // The constructor is looked up once, with the first call; each call is then a compiled delegate. Of several, the container chooses for each call.
    private static Func<IServiceProvider, T> Creator<T>(Type type)
    {
        if (type.GetConstructors().Length > 1)
        {
            return services => (T)ActivatorUtilities.CreateInstance(services, type);
        }

        var create = new Lazy<ObjectFactory>(() => ActivatorUtilities.CreateFactory(type, []));
        return services => (T)create.Value(services, null);
    }

    private sealed class FunctionWorkflow<TInput, TOutput>(Func<WorkflowContext, TInput, Task<TOutput>> function) : Workflow<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(WorkflowContext context, TInput input) => function(context, input);
    }

    private sealed class FunctionActivity<TInput, TOutput>(Func<WorkflowActivityContext, TInput, Task<TOutput>> function)
        : WorkflowActivity<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(WorkflowActivityContext context, TInput input) => function(context, input);
    }
}

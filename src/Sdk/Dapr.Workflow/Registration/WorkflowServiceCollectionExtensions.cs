using System.Reflection;
using System.Text.Json;
using Dapr.Common.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dapr.Workflow;

/// <summary>Adds workflows to an application: the client, and a worker that runs what is registered.</summary>
public static class WorkflowServiceCollectionExtensions
{
    /// <summary>Hosts every class of the application marked <c>[Workflow]</c> or <c>[WorkflowActivity]</c>.</summary>
    public static IServiceCollection AddDaprWorkflow(this IServiceCollection services) =>
        services.AddDaprWorkflow(options => MarkedTypes.Register(options, Assembly.GetEntryAssembly()));

    /// <summary>Hosts what <paramref name="configure"/> registers.</summary>
    public static IServiceCollection AddDaprWorkflow(
        this IServiceCollection services, Action<WorkflowRuntimeOptions> configure, ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddDaprWorkflowBuilder(configure, lifetime).Services;
    }

    /// <summary>As <see cref="AddDaprWorkflow(IServiceCollection, Action{WorkflowRuntimeOptions}, ServiceLifetime)"/>, with more to choose.</summary>
    public static DaprWorkflowBuilder AddDaprWorkflowBuilder(
        this IServiceCollection services,
        Action<WorkflowRuntimeOptions>? configureRuntime = null,
        ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new WorkflowRuntimeOptions();
        configureRuntime?.Invoke(options);
        services.AddLogging();
        services.TryAddSingleton<IDaprSerializer, JsonDaprSerializer>();
        services.AddSingleton(options);
        WorkerRegistration.Add(services, lifetime);
        return new DaprWorkflowBuilder(services);
    }

    /// <summary>Further choices for workflows.</summary>
    public readonly struct DaprWorkflowBuilder
    {
        internal DaprWorkflowBuilder(IServiceCollection services) => Services = services;

        /// <summary>The services it adds to.</summary>
        public IServiceCollection Services { get; }

        /// <summary>Inputs, results and events are written by this serializer.</summary>
        public DaprWorkflowBuilder WithSerializer(IDaprSerializer serializer)
        {
            ArgumentNullException.ThrowIfNull(serializer);
            Services.Replace(ServiceDescriptor.Singleton(serializer));
            return this;
        }

        /// <summary>JSON with these options.</summary>
        public DaprWorkflowBuilder WithJsonSerializer(JsonSerializerOptions jsonOptions) => WithSerializer(new JsonDaprSerializer(jsonOptions));
    }
}

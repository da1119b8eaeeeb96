using System.Text.Json;
using Dapr.Common.Serialization;
using Dapr.Common;
using Dapr.Workflow.Registration;
using Dapr.Workflow.Serialization;
using Dapr.Workflow.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dapr.Workflow;

/// <summary>Adds workflows to an application: the client, and a worker that runs what is registered.</summary>
public static class WorkflowServiceCollectionExtensions
{
    /// <summary>
    /// Hosts every workflow and activity class of the loaded assemblies that another class of its assembly could name, under its own name and that of
    /// its <c>[Workflow]</c> or <c>[WorkflowActivity]</c>.
    /// </summary>
    public static IServiceCollection AddDaprWorkflow(this IServiceCollection services) => services.AddDaprWorkflow(_ => { });

    /// <summary>
    /// Hosts what <paramref name="configure"/> registers, and the classes of the application beside it. A second call adds to what the first registered.
    /// </summary>
    public static IServiceCollection AddDaprWorkflow(
        this IServiceCollection services, Action<WorkflowRuntimeOptions> configure, ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddDaprWorkflowBuilder(configure, configureClient: null, lifetime).Services;
    }

    /// <summary>As <see cref="AddDaprWorkflow(IServiceCollection, Action{WorkflowRuntimeOptions}, ServiceLifetime)"/>, with more to choose.</summary>
    public static DaprWorkflowBuilder AddDaprWorkflowBuilder(
        this IServiceCollection services,
        Action<WorkflowRuntimeOptions>? configureRuntime,
        Action<IServiceProvider, DaprWorkflowClientBuilder>? configureClient = null,
        ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = Registrations.Of(services);
        configureRuntime?.Invoke(options);
        services.AddLogging();
        services.TryAddSingleton(provider => (IDaprSerializer?)provider.GetService<IWorkflowSerializer>() ?? new JsonDaprSerializer());
        var settings = new SidecarSettings();
        settings.Take(options.GrpcChannelOptions);
        WorkerRegistration.Add(services, settings, configureClient, lifetime);
        return new DaprWorkflowBuilder(services, settings);
    }

    /// <summary>Further choices for workflows.</summary>
    public readonly struct DaprWorkflowBuilder : IDaprWorkflowBuilder
    {
        private readonly SidecarSettings _settings;

        internal DaprWorkflowBuilder(IServiceCollection services, SidecarSettings settings) => (Services, _settings) = (services, settings);

        /// <summary>The services it adds to.</summary>
        public IServiceCollection Services { get; }

        /// <summary>Inputs, results and events are written by this serializer.</summary>
        public DaprWorkflowBuilder WithSerializer(IDaprSerializer serializer)
        {
            ArgumentNullException.ThrowIfNull(serializer);
            Services.Replace(ServiceDescriptor.Singleton(serializer));
            return this;
        }

        /// <summary>Inputs, results and events are written by what the factory makes of the application's services.</summary>
        public DaprWorkflowBuilder WithSerializer(Func<IServiceProvider, IWorkflowSerializer> serializerFactory)
        {
            ArgumentNullException.ThrowIfNull(serializerFactory);
            Services.Replace(ServiceDescriptor.Singleton<IDaprSerializer>(serializerFactory));
            return this;
        }

        /// <summary>The largest messages from and to the sidecar; null leaves the default of 64 MiB.</summary>
        /// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
        public DaprWorkflowBuilder WithGrpcMessageSizeLimits(int? maxReceiveMessageSize = null, int? maxSendMessageSize = null)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxReceiveMessageSize ?? 1, nameof(maxReceiveMessageSize));
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxSendMessageSize ?? 1, nameof(maxSendMessageSize));
            _settings.MaxReceiveBytes = maxReceiveMessageSize ?? _settings.MaxReceiveBytes;
            _settings.MaxSendBytes = maxSendMessageSize ?? _settings.MaxSendBytes;
            return this;
        }

        /// <summary>JSON with these options.</summary>
        public DaprWorkflowBuilder WithJsonSerializer(JsonSerializerOptions jsonOptions) => WithSerializer(new JsonDaprSerializer(jsonOptions));
    }
}

using Dapr.Common.Serialization;
using Dapr.Workflow.Client;
using Dapr.Workflow.Registration;
using Dapr.Workflow.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dapr.Workflow;

// What an application with workflows has beside its registrations: the client, the connection and the worker.
internal static class WorkerRegistration
{
    public static void Add(
        IServiceCollection services, SidecarSettings settings, Action<IServiceProvider, DaprWorkflowClientBuilder>? configure, ServiceLifetime lifetime)
    {
        services.TryAddSingleton(provider =>
        {
            var configuration = provider.GetService<IConfiguration>();
            if (configure is not null)
            {
                var builder = new DaprWorkflowClientBuilder(configuration);
                configure(provider, builder);
                settings.Take(builder);
            }

            return new SidecarHub(settings, configuration);
        });
        services.TryAddSingleton<ITaskHub>(provider => provider.GetRequiredService<SidecarHub>());
        services.TryAddSingleton<StreamStarts>();
        services.TryAddSingleton<IStarts>(provider => provider.GetRequiredService<StreamStarts>());
        services.TryAddSingleton<TurnRunner>();
        services.TryAddSingleton<ActivityRunner>();
        services.AddHostedService<WorkflowWorker>();
        services.TryAdd(new ServiceDescriptor(typeof(DaprWorkflowClient), provider => CreateClient(provider, settings), lifetime));
        services.TryAdd(new ServiceDescriptor(typeof(IDaprWorkflowClient), provider => provider.GetRequiredService<DaprWorkflowClient>(), lifetime));
    }

    private static DaprWorkflowClient CreateClient(IServiceProvider services, SidecarSettings settings)
    {
        // Making the hub asks the application for its settings, so it comes first.
        var hub = services.GetRequiredService<ITaskHub>();
        return new(hub, services.GetRequiredService<IStarts>(), settings.ClientSerializer ?? services.GetRequiredService<IDaprSerializer>());
    }
}

using Dapr.Common.Serialization;
using Dapr.Workflow.Client;
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
            configure?.Invoke(provider, new DaprWorkflowClientBuilder(settings));
            return new SidecarHub(settings, provider.GetService<IConfiguration>());
        });
        services.TryAddSingleton<ITaskHub>(provider => provider.GetRequiredService<SidecarHub>());
        services.TryAddSingleton<StreamStarts>();
        services.TryAddSingleton<IStarts>(provider => provider.GetRequiredService<StreamStarts>());
        services.TryAddSingleton<TurnRunner>();
        services.TryAddSingleton<ActivityRunner>();
        services.AddHostedService<WorkflowWorker>();
        services.TryAdd(new ServiceDescriptor(typeof(DaprWorkflowClient), CreateClient, lifetime));
        services.TryAdd(new ServiceDescriptor(typeof(IDaprWorkflowClient), provider => provider.GetRequiredService<DaprWorkflowClient>(), lifetime));
    }

    private static DaprWorkflowClient CreateClient(IServiceProvider services) => new(
        services.GetRequiredService<ITaskHub>(), services.GetRequiredService<IStarts>(), services.GetRequiredService<IDaprSerializer>());
}

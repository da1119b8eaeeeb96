using Dapr.Common.Serialization;
using Dapr.Workflow.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dapr.Workflow;

// What an application with workflows has beside its registrations: the client, the connection and the worker.
internal static class WorkerRegistration
{
    public static void Add(IServiceCollection services, ServiceLifetime lifetime)
    {
        services.TryAddSingleton<IStarts>(provider => new UnaryStarts(provider.GetRequiredService<ITaskHub>()));
        services.TryAdd(new ServiceDescriptor(typeof(DaprWorkflowClient), CreateClient, lifetime));
        services.TryAdd(new ServiceDescriptor(typeof(IDaprWorkflowClient), provider => provider.GetRequiredService<DaprWorkflowClient>(), lifetime));
    }

    private static DaprWorkflowClient CreateClient(IServiceProvider services) => new(
        services.GetRequiredService<ITaskHub>(), services.GetRequiredService<IStarts>(), services.GetRequiredService<IDaprSerializer>());
}

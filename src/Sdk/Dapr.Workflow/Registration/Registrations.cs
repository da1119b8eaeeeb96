using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Workflow;

// What all calls of AddDaprWorkflow for one application register. Complete only when it is asked of the container: by then the assemblies are loaded.
internal sealed class Registrations
{
    private readonly WorkflowRuntimeOptions _options = new();

    public static WorkflowRuntimeOptions Of(IServiceCollection services)
    {
        if (services.LastOrDefault(service => service.ServiceType == typeof(Registrations))?.ImplementationInstance is Registrations earlier)
        {
            return earlier._options;
        }

        var first = new Registrations();
        services.AddSingleton(first);
        services.AddSingleton(_ =>
        {
            FoundTypes.Register(first._options);
            return first._options;
        });
        return first._options;
    }
}

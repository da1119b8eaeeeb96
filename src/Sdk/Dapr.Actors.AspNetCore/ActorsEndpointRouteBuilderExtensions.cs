using Dapr.Actors.Runtime;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Lets the sidecar reach an app's actors.</summary>
public static class ActorsEndpointRouteBuilderExtensions
{
    /// <summary>Maps the routes the sidecar calls: the app's configuration, method calls, reminders, timers, deactivation, health.</summary>
    /// <exception cref="InvalidOperationException"><c>AddActors</c> was not called.</exception>
    public static IEndpointConventionBuilder MapActorsHandlers(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var runtime = endpoints.ServiceProvider.GetService<ActorRuntime>()
            ?? throw new InvalidOperationException("Call services.AddActors(…) before MapActorsHandlers().");
        var handlers = new ActorHandlers(runtime);
        return new EveryRoute([
            endpoints.MapGet("dapr/config", handlers.Describe),
            endpoints.MapDelete("actors/{actorTypeName}/{actorId}", handlers.Deactivate),
            endpoints.MapPut("actors/{actorTypeName}/{actorId}/method/{methodName}", handlers.Invoke),
            endpoints.MapPut("actors/{actorTypeName}/{actorId}/method/remind/{reminderName}", handlers.Remind),
            endpoints.MapPut("actors/{actorTypeName}/{actorId}/method/timer/{timerName}", handlers.FireTimer),
            endpoints.MapHealthChecks("/healthz").WithOrder(100).AllowAnonymous(),
        ]);
    }

    private static IEndpointConventionBuilder WithOrder(this IEndpointConventionBuilder route, int order)
    {
        route.Add(builder => ((RouteEndpointBuilder)builder).Order = order);
        return route;
    }

    private sealed class EveryRoute(IEndpointConventionBuilder[] routes) : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention)
        {
            foreach (var route in routes) route.Add(convention);
        }

        public void Finally(Action<EndpointBuilder> finallyConvention)
        {
            foreach (var route in routes) route.Finally(finallyConvention);
        }
    }
}

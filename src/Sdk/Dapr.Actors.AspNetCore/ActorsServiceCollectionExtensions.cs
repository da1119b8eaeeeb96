using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Dapr.Actors.Wire;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds actors to an app.</summary>
public static class ActorsServiceCollectionExtensions
{
    /// <summary>Adds the actor runtime and <see cref="IActorProxyFactory"/>, and lets the app register its actor types.</summary>
    public static void AddActors(
        this IServiceCollection? services, Action<ActorRuntimeOptions>? configure, ServiceLifetime lifetime = ServiceLifetime.Singleton)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRouting();
        services.AddHealthChecks();
        services.AddLogging();
        if (configure is not null) services.Configure(configure);
        services.TryAdd(ServiceDescriptor.Describe(typeof(ActorActivatorFactory), s => new ScopedActorActivatorFactory(s), lifetime));
        services.TryAdd(ServiceDescriptor.Describe(typeof(ActorRuntime), CreateRuntime, lifetime));
        services.TryAdd(ServiceDescriptor.Describe(typeof(IActorProxyFactory), CreateProxyFactory, lifetime));
    }

    private static ActorRuntime CreateRuntime(IServiceProvider services) => new(
        OptionsOf(services),
        services.GetRequiredService<ILoggerFactory>(),
        services.GetRequiredService<ActorActivatorFactory>(),
        services.GetRequiredService<IActorProxyFactory>());

    private static ActorProxyFactory CreateProxyFactory(IServiceProvider services)
    {
        var options = OptionsOf(services);
        return new ActorProxyFactory(new ActorProxyOptions
        {
            JsonSerializerOptions = options.JsonSerializerOptions,
            DaprApiToken = options.DaprApiToken,
            HttpEndpoint = options.HttpEndpoint!,
            UseJsonSerialization = options.UseJsonSerialization,
        });
    }

    // The app's configuration includes the environment, and lets tests and settings files name the sidecar too.
    private static ActorRuntimeOptions OptionsOf(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<ActorRuntimeOptions>>().Value;
        var configuration = services.GetService<IConfiguration>();
        string? Setting(string name) => configuration?[name] ?? Environment.GetEnvironmentVariable(name);
        if (string.IsNullOrWhiteSpace(options.HttpEndpoint)) options.HttpEndpoint = SidecarAddress.HttpEndpoint(Setting);
        if (string.IsNullOrWhiteSpace(options.DaprApiToken)) options.DaprApiToken = SidecarAddress.ApiToken(Setting);
        return options;
    }
}

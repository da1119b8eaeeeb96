using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dapr.Workflow.Versioning;

/// <summary>How versions of workflows are told apart, if they are.</summary>
public sealed class WorkflowVersioningOptions
{
    /// <summary>Makes the strategy of workflows that name none; null is <see cref="NumericVersionStrategy"/>.</summary>
    public Func<IServiceProvider, IWorkflowVersionStrategy>? DefaultStrategy { get; set; }

    /// <summary>Makes the selector; null is <see cref="MaxVersionSelector"/>.</summary>
    public Func<IServiceProvider, IWorkflowVersionSelector>? DefaultSelector { get; set; }
}

/// <summary>Adds versions to the workflows of an application.</summary>
public static class WorkflowVersioningServiceCollectionExtensions
{
    /// <summary>
    /// Registered workflow classes become versions of one another by their names or their <see cref="WorkflowVersionAttribute"/>. What is
    /// started under the common name runs the latest version, and goes on with that one until it ends or continues as new. An instance
    /// whose version is not registered here waits, stalled, for a worker that has it.
    /// </summary>
    public static IServiceCollection AddDaprWorkflowVersioning(this IServiceCollection services, Action<WorkflowVersioningOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<WorkflowVersioningOptions>();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton<WorkflowFamilies>();
        return services;
    }
}

/// <summary>Choices for versions of workflows.</summary>
public static class WorkflowVersioningSimpleConfigExtensions
{
    /// <summary>The strategy of workflows that name none.</summary>
    public static IServiceCollection UseDefaultWorkflowStrategy<TStrategy>(this IServiceCollection services, string? optionsName = null)
        where TStrategy : class, IWorkflowVersionStrategy
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.PostConfigure<WorkflowVersioningOptions>(
            options => options.DefaultStrategy = provider => WorkflowFamilies.Strategy(provider, typeof(TStrategy), optionsName));
    }

    /// <summary>The selector.</summary>
    public static IServiceCollection UseDefaultWorkflowSelector<TSelector>(this IServiceCollection services, string? optionsName = null)
        where TSelector : class, IWorkflowVersionSelector
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.PostConfigure<WorkflowVersioningOptions>(
            options => options.DefaultSelector = provider => ActivatorUtilities.CreateInstance<TSelector>(provider));
    }

    /// <summary>Options that strategies take by name.</summary>
    public static IServiceCollection ConfigureStrategyOptions<TOptions>(this IServiceCollection services, string name, Action<TOptions> configure)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<TOptions>(name).Configure(configure);
        return services;
    }
}

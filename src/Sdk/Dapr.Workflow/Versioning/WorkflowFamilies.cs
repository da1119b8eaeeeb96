using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Dapr.Workflow.Versioning;

// Which registered workflow is the latest version of each common name. Made once, from what is registered.
internal sealed class WorkflowFamilies
{
    private readonly Dictionary<string, string> _latest = new(StringComparer.OrdinalIgnoreCase);

    public WorkflowFamilies(WorkflowRuntimeOptions workflows, IOptions<WorkflowVersioningOptions> options, IServiceProvider services)
    {
        var strategy = options.Value.DefaultStrategy?.Invoke(services) ?? Strategy(services, typeof(NumericVersionStrategy), null);
        var selector = options.Value.DefaultSelector?.Invoke(services) ?? new MaxVersionSelector();
        var members = workflows.WorkflowTypes
            .Select(registered => (registered.Key, Identity: Identify(registered.Key, registered.Value, strategy, services)))
            .Where(member => member.Identity is not null)
            .GroupBy(member => member.Identity!.Value.CanonicalName, StringComparer.OrdinalIgnoreCase);
        foreach (var family in members)
        {
            var latest = selector.SelectLatest(family.Key, [.. family.Select(member => member.Identity!.Value)], strategy);
            _latest[family.Key] = family.First(member => member.Identity == latest).Key;
        }
    }

    // The registered name of the latest version; null for a name that is none of a family.
    public string? Latest(string canonicalName) => _latest.GetValueOrDefault(canonicalName);

    public static IWorkflowVersionStrategy Strategy(IServiceProvider services, Type type, string? optionsName)
    {
        var strategy = (IWorkflowVersionStrategy)ActivatorUtilities.CreateInstance(services, type);
        (strategy as IWorkflowVersionStrategyContextConsumer)?.Configure(new WorkflowVersionStrategyContext("DEFAULT", optionsName));
        return strategy;
    }

    private static WorkflowVersionIdentity? Identify(string name, Type type, IWorkflowVersionStrategy byDefault, IServiceProvider services)
    {
        var said = type.GetCustomAttribute<WorkflowVersionAttribute>();
        var strategy = said?.StrategyType is { } own ? Strategy(services, own, said.OptionsName) : byDefault;
        var isParsed = strategy.TryParse(name, out var canonicalName, out var version);
        if (!isParsed && (said?.CanonicalName is null || said.Version is null))
        {
            return null;
        }

        return new WorkflowVersionIdentity(said?.CanonicalName ?? canonicalName, said?.Version ?? version, type.FullName ?? type.Name, type.Assembly.GetName().Name);
    }
}

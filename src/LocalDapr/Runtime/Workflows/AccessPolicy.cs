using System.Text.Json.Nodes;
using LocalDapr.Engine.Hub;
using LocalDapr.Runtime.Components;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Workflows;

/// <summary>
/// Which other apps may have which workflows and activities of this one, as the WorkflowAccessPolicy resources say: what no rule allows is
/// denied, once there is one of them. Calls within the app are not their business. A rule that requires signed history allows nothing,
/// as in Dapr without history signing.
/// </summary>
internal sealed class AccessPolicy
{
    public const string Kind = "WorkflowAccessPolicy";

    private const string Workflow = "workflow";
    private const string Activity = "activity";

    private static readonly string[] operations = ["schedule", "terminate", "raise", "pause", "resume", "purge", "get", "rerun"];
    private static readonly string[] events = ["activity.started", "activity.completed", "workflow.started", "workflow.completed", "event.raised"];

    private readonly List<Grant> _grants = [];

    /// <summary>Null when there is no policy, and everything is allowed. One that is not valid is told and left out, as in Dapr.</summary>
    public static AccessPolicy? Read(IEnumerable<Resource> resources, ILogger log)
    {
        AccessPolicy? policy = null;
        foreach (var resource in resources.Where(r => r.Kind == Kind))
        {
            if (Mistake(resource) is { } mistake)
            {
                log.LogWarning("WorkflowAccessPolicy {Name} in {File} is left out: {Reason}", resource.Name, resource.File, mistake);
                continue;
            }
            policy ??= new AccessPolicy();
            foreach (var rule in resource.Spec["rules"].Objects()) policy.Add(rule);
        }
        return policy;
    }

    public bool Allows(AppAccess access)
    {
        var (type, operation) = Terms(access.Operation);
        return _grants.Exists(grant => grant.IsActivity == (type == Activity) && grant.Operations.Contains(operation)
            && grant.Callers.Contains(access.CallerApp) && grant.Name.Matches(access.Name));
    }

    /// <summary>What policies call it.</summary>
    public static (string Type, string Operation) Terms(AppOperation operation) => operation switch
    {
        AppOperation.ScheduleActivity => (Activity, "schedule"),
        AppOperation.ScheduleWorkflow => (Workflow, "schedule"),
        AppOperation.Terminate => (Workflow, "terminate"),
        AppOperation.Purge => (Workflow, "purge"),
        _ => (Workflow, "get"),
    };

    private void Add(JsonObject rule)
    {
        var callers = rule["callers"].Objects().Select(caller => caller["appID"].Text() ?? "").ToHashSet(StringComparer.Ordinal);
        foreach (var workflow in rule["workflows"].Objects().Where(IsUnconditional))
            _grants.Add(new Grant(callers, IsActivity: false, workflow["operations"].Texts(), NamePattern.Parse(workflow["name"].Text()!)!));
        foreach (var activity in rule["activities"].Objects().Where(IsUnconditional))
            _grants.Add(new Grant(callers, IsActivity: true, ["schedule"], NamePattern.Parse(activity["name"].Text()!)!));
    }

    private static bool IsUnconditional(JsonObject rule) => !rule["requires"].Objects().Any();

    private static string? Mistake(Resource resource)
    {
        foreach (var rule in resource.Spec["rules"].Objects())
        {
            var callers = rule["callers"].Objects().ToList();
            if (callers.Count == 0 || callers.Exists(caller => !IsName(caller["appID"]))) return "every rule needs callers, each with an appID";
            var (workflows, activities) = (rule["workflows"].Objects().ToList(), rule["activities"].Objects().ToList());
            if (workflows.Count + activities.Count == 0) return "at least one of workflows or activities must contain a rule";
            if (workflows.Concat(activities).Select(NameMistake).FirstOrDefault(mistake => mistake is not null) is { } wrong) return wrong;
            foreach (var workflow in workflows)
            {
                var asked = workflow["operations"].Texts();
                if (asked.Count == 0) return "every rule for workflows needs operations";
                if (asked.FirstOrDefault(operation => !operations.Contains(operation)) is { } unknown) return $"'{unknown}' is no operation";
                if (!IsUnconditional(workflow) && asked is not ["schedule"]) return "requires is only valid when the rule's only operation is 'schedule'";
            }
        }
        return null;
    }

    private static string? NameMistake(JsonObject rule)
    {
        if (!IsName(rule["name"])) return "every rule for workflows or activities needs a name";
        if (NamePattern.Parse(rule["name"].Text()!) is null) return $"'{rule["name"].Text()}' is no pattern";
        return rule["requires"].Objects().All(e => events.Contains(e["eventType"].Text()) && IsName(e["name"]) && IsName(e["appID"]))
            ? null
            : "what is required is an event with eventType, name and appID";
    }

    private static bool IsName(JsonNode? node) => node.Text() is { Length: > 0 and <= 256 };

    private sealed record Grant(IReadOnlySet<string> Callers, bool IsActivity, IReadOnlyList<string> Operations, NamePattern Name);
}

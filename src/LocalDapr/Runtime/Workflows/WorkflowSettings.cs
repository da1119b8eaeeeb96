using System.Globalization;
using System.Text.Json.Nodes;
using LocalDapr.Engine.Hub;

namespace LocalDapr.Runtime.Workflows;

/// <summary>The <c>workflow</c> section of the Configuration.</summary>
internal sealed record WorkflowSettings(int MaxOpenTurns, int MaxOpenActivities, RetentionPolicy Retention)
{
    public IReadOnlyDictionary<string, int> MaxOpenTurnsOf { get; private init; } = new Dictionary<string, int>();

    public IReadOnlyDictionary<string, int> MaxOpenActivitiesOf { get; private init; } = new Dictionary<string, int>();

    public static WorkflowSettings Read(JsonObject spec)
    {
        var section = spec["workflow"] as JsonObject;
        var retention = section?["stateRetentionPolicy"] as JsonObject;
        return new WorkflowSettings(
            Smaller(section?["maxConcurrentWorkflowInvocations"], section?["globalMaxConcurrentWorkflowInvocations"]),
            Smaller(section?["maxConcurrentActivityInvocations"], section?["globalMaxConcurrentActivityInvocations"]),
            new RetentionPolicy(
                Duration(retention?["completed"]), Duration(retention?["failed"]), Duration(retention?["terminated"]),
                Duration(retention?["anyTerminal"])))
        {
            MaxOpenTurnsOf = ByName(section?["workflowConcurrencyLimits"]),
            MaxOpenActivitiesOf = ByName(section?["activityConcurrencyLimits"]),
        };
    }

    // All replicas of an app share one engine here, so that what one may do is what all may do.
    private static int Smaller(JsonNode? each, JsonNode? all) => (Number(each), Number(all)) switch
    {
        (0, var most) => most,
        (var own, 0) => own,
        var (own, most) => Math.Min(own, most),
    };

    private static Dictionary<string, int> ByName(JsonNode? limits)
    {
        var most = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var limit in limits as JsonArray ?? [])
        {
            if (limit?["name"]?.ToString() is { Length: > 0 } name) most[name] = Number(limit["maxConcurrent"]);
        }
        return most;
    }

    private static int Number(JsonNode? node) => int.TryParse(node?.ToString(), CultureInfo.InvariantCulture, out var number) ? Math.Max(0, number) : 0;

    private static TimeSpan? Duration(JsonNode? node) => node is null ? null
        : GoDuration.TryParse(node.ToString(), out var duration) ? duration
        : throw new Hosting.StartupException($"workflow.stateRetentionPolicy: '{node}' is not a duration");
}

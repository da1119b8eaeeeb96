using System.Globalization;
using System.Text.Json.Nodes;
using LocalDapr.Engine.Hub;

namespace LocalDapr.Runtime.Workflows;

/// <summary>The <c>workflow</c> section of the Configuration.</summary>
internal sealed record WorkflowSettings(int MaxOpenTurns, int MaxOpenActivities, RetentionPolicy Retention)
{
    public static WorkflowSettings Read(JsonObject spec)
    {
        var section = spec["workflow"] as JsonObject;
        var retention = section?["stateRetentionPolicy"] as JsonObject;
        return new WorkflowSettings(
            Number(section?["maxConcurrentWorkflowInvocations"]),
            Number(section?["maxConcurrentActivityInvocations"]),
            new RetentionPolicy(
                Duration(retention?["completed"]), Duration(retention?["failed"]), Duration(retention?["terminated"]),
                Duration(retention?["anyTerminal"])));
    }

    private static int Number(JsonNode? node) => int.TryParse(node?.ToString(), CultureInfo.InvariantCulture, out var number) ? Math.Max(0, number) : 0;

    private static TimeSpan? Duration(JsonNode? node) => node is null ? null
        : GoDuration.TryParse(node.ToString(), out var duration) ? duration
        : throw new Hosting.StartupException($"workflow.stateRetentionPolicy: '{node}' is not a duration");
}

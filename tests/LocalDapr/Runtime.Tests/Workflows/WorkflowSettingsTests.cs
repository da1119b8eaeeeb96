using System.Text.Json.Nodes;
using LocalDapr.Runtime.Workflows;
using Xunit;

namespace LocalDapr.Runtime.Tests.Workflows;

/// <summary>What the Configuration says of workflows.</summary>
public sealed class WorkflowSettingsTests
{
    [Fact]
    public void Limits_of_a_sidecar_of_all_replicas_and_of_names_are_read()
    {
        var settings = WorkflowSettings.Read(JsonNode.Parse("""
            {"workflow": {
                "maxConcurrentWorkflowInvocations": 7, "globalMaxConcurrentWorkflowInvocations": 5, "globalMaxConcurrentActivityInvocations": 3,
                "workflowConcurrencyLimits": [{"name": "w", "maxConcurrent": 2}], "activityConcurrencyLimits": [{"name": "a", "maxConcurrent": "1"}]
            }}
            """)!.AsObject());

        Assert.Equal((5, 3), (settings.MaxOpenTurns, settings.MaxOpenActivities));
        Assert.Equal(2, Assert.Single(settings.MaxOpenTurnsOf, limit => limit.Key == "w").Value);
        Assert.Equal(1, Assert.Single(settings.MaxOpenActivitiesOf, limit => limit.Key == "a").Value);
    }
}

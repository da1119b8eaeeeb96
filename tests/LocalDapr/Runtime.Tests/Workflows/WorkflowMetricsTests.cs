using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using LocalDapr.Runtime.Telemetry;
using Xunit;
using static LocalDapr.Runtime.Tests.Workflows.TaskHub;

namespace LocalDapr.Runtime.Tests.Workflows;

/// <summary>What the metrics port says of workflows: names, labels and buckets as daprd 1.18 has them.</summary>
public sealed class WorkflowMetricsTests : IDisposable
{
    private const string App = "app_id=\"app\",namespace=\"\"";

    private readonly SidecarMetrics _metrics = new("app");

    // Tests beside this one count in the same meters, by other names.
    private readonly string _workflow = $"w{Guid.NewGuid():N}";
    private readonly string _activity = $"a{Guid.NewGuid():N}";

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task What_a_worker_leaves_is_recoverable_and_comes_again()
    {
        await using var hub = await OpenAsync();
        await hub.StartAsync("a", _workflow);
        await hub.TurnAsync();
        await hub.LeaveAsync();
        await hub.PlayAsync(Activity(1, _activity));
        await hub.ItemAsync();
        await hub.LeaveAsync();
        await hub.ItemAsync();
        await hub.CallAsync(TaskHubMethods.CompleteActivityTask, new ActivityResponse { InstanceId = "a", TaskId = 1 });
        await hub.PlayAsync(Complete());
        await hub.EndAsync("a");

        await CountedAsync($"workflow_execution_count{{{App},workflow_name=\"{_workflow}\",status=\"recoverable\"}} 1");
        await CountedAsync($"workflow_execution_count{{{App},workflow_name=\"{_workflow}\",status=\"success\"}} 1");
        await CountedAsync($"workflow_activity_operation_count{{{App},activity_name=\"{_activity}\",status=\"success\"}} 2");
        await CountedAsync($"workflow_activity_execution_count{{{App},activity_name=\"{_activity}\",status=\"recoverable\"}} 1");
        await CountedAsync($"workflow_activity_execution_count{{{App},activity_name=\"{_activity}\",status=\"success\"}} 1");
    }

    [Fact]
    public async Task The_length_of_work_items_is_told_as_a_part_of_the_limit_in_buckets_of_its_own()
    {
        await using var hub = await OpenAsync();
        var activity = Activity(1, _activity);
        activity.ScheduleTask.Input = new string('x', 3 << 20);
        await hub.StartAsync("a", _workflow);
        await hub.PlayAsync(activity);
        await hub.ItemAsync();

        await CountedAsync($"workflow_payload_size_ratio_bucket{{{App},workflow_name=\"{_workflow}\",le=\"0.1\"}} 1");
        var labels = $"{App},workflow_name=\"{_workflow}\",activity_name=\"{_activity}\"";
        await CountedAsync($"workflow_activity_payload_size_ratio_bucket{{{labels},le=\"0.75\"}} 0");
        await CountedAsync($"workflow_activity_payload_size_ratio_bucket{{{labels},le=\"0.9\"}} 1");
        await CountedAsync($"workflow_activity_payload_size_ratio_bucket{{{labels},le=\"+Inf\"}} 1");
    }

    [Fact]
    public async Task What_another_app_asks_for_is_counted_where_a_policy_answers_by_asker_operation_and_type()
    {
        var bank = $"bank-{Guid.NewGuid():N}";
        using var metrics = new SidecarMetrics(bank);
        const string rule = "{callers: [{appID: app}], workflows: [{name: open, operations: [schedule]}], activities: [{name: charge}]}";
        await using var shop = await OpenAsync();
        await using var other = await shop.OpenBesideAsync(
            bank, $"apiVersion: dapr.io/v1alpha1\nkind: WorkflowAccessPolicy\nmetadata: {{name: p}}\nspec: {{rules: [{rule}]}}");
        await shop.StartAsync("order", _workflow);
        await shop.PlayAsync(To(bank, Child(1, "kid")), To(bank, Activity(2, "refund")), To(bank, Activity(3, "refund")), To(bank, Activity(4, "charge")));
        await other.ItemAsync();
        await other.StartAsync("own", _workflow);
        await other.PlayAsync(Activity(1, _activity));
        await other.ItemAsync();

        await CountedAsync(metrics, Line("denied", "workflow", 1));
        await CountedAsync(metrics, Line("denied", "activity", 2));
        await CountedAsync(metrics, Line("allowed", "activity", 1));
        Assert.DoesNotContain($"src_app_id=\"{bank}\"", metrics.ToText(), StringComparison.Ordinal);

        string Line(string answer, string type, int times) =>
            $"workflow_acl_action_{answer}_total{{app_id=\"{bank}\",src_app_id=\"app\",operation=\"schedule\",type=\"{type}\"}} {times}";
    }

    private static WorkflowAction To(string app, WorkflowAction action)
    {
        action.Router = new TaskRouter { TargetAppID = app };
        return action;
    }

    private Task CountedAsync(string line) => CountedAsync(_metrics, line);

    private static Task CountedAsync(SidecarMetrics metrics, string line) => OneSidecar.EventuallyAsync(
        () => Task.FromResult(metrics.ToText().Contains($"dapr_runtime_{line}\n", StringComparison.Ordinal)), line);
}

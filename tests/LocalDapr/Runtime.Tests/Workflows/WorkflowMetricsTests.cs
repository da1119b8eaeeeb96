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

    private Task CountedAsync(string line) => OneSidecar.EventuallyAsync(
        () => Task.FromResult(_metrics.ToText().Contains($"dapr_runtime_{line}\n", StringComparison.Ordinal)), line);
}

using System.Diagnostics;
using Dapr.Workflow;
using Xunit;

namespace Sdk.Contract.Workflows;

/// <summary>What an application hosts, and in what surroundings its code runs, on a real sidecar.</summary>
public sealed class WorkflowHostTests(WorkflowApp app) : IClassFixture<WorkflowApp>
{
    [Fact]
    public async Task Classes_of_the_application_need_not_be_registered() =>
        Assert.Equal("unlisted x", (await app.RunAsync(nameof(Unlisted), "x")).ReadOutputAs<string>());

    [Fact]
    public async Task Of_two_registrations_under_one_name_the_first_counts() =>
        Assert.Equal("first", (await app.RunAsync("Twice", "x")).ReadOutputAs<string>());

    [Fact]
    public async Task Each_run_has_scoped_services_of_its_own()
    {
        var one = (await app.RunAsync(nameof(WithScope), "")).ReadOutputAs<Guid>();
        var other = (await app.RunAsync(nameof(WithScope), "")).ReadOutputAs<Guid>();

        Assert.NotEqual(Guid.Empty, one);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public async Task Of_several_constructors_the_one_with_the_most_services_is_taken() =>
        Assert.Equal("Notes", (await app.RunAsync("CallTwoWays", "")).ReadOutputAs<string>());

    [Fact]
    public async Task What_cannot_be_made_fails_and_says_so()
    {
        var workflow = await app.RunAsync(nameof(Unmakeable), "x");
        var activity = await app.RunAsync("CallUnmakeable", "x");

        Assert.Contains("Workflow 'Unmakeable' failed to activate", workflow.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("System.Uri", workflow.FailureDetails.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("Activity 'UnmakeableStep' failed to activate", activity.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failures_say_what_failed()
    {
        Assert.StartsWith("Task failed: call 1 fails", (await app.RunAsync("Rethrow", "FailTimes")).ReadOutputAs<string>(), StringComparison.Ordinal);
        Assert.StartsWith("Child workflow 'Child' failed", (await app.RunAsync("Rethrow", "Child")).ReadOutputAs<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_runs_in_the_trace_of_what_started_the_workflow()
    {
        using var start = new Activity("start").SetIdFormat(ActivityIdFormat.W3C).Start();

        var traces = (await app.RunAsync("Traces", "")).ReadOutputAs<string[]>();

        var trace = start.TraceId.ToHexString();
        Assert.Equal([trace, trace, trace], traces!);
    }
}

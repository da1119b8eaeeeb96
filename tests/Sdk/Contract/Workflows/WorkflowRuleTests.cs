using System.Text.Json;
using Dapr.Common.Serialization;
using Dapr.Workflow;
using Dapr.Workflow.Client;
using Dapr.Workflow.Registration;
using Dapr.Workflow.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Sdk.Contract.Workflows;

/// <summary>What policies, options and clients allow, and how they refuse the rest. No sidecar takes part.</summary>
public sealed class WorkflowRuleTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_policy_without_a_longest_pause_has_none() =>
        Assert.Null(new WorkflowRetryPolicy(5, TimeSpan.FromSeconds(2), backoffCoefficient: 3).MaxRetryInterval);

    [Fact]
    public void Limits_are_positive()
    {
        var options = new WorkflowRuntimeOptions();

#pragma warning disable CS0618 // obsolete, and still to check what it is given
        Assert.Throws<ArgumentOutOfRangeException>(() => options.MaxConcurrentWorkflows = 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => options.MaxConcurrentActivities = -1);
#pragma warning restore CS0618
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServiceCollection().AddDaprWorkflowBuilder(_ => { }).WithGrpcMessageSizeLimits(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServiceCollection().AddDaprWorkflowBuilder(_ => { }).WithGrpcMessageSizeLimits(1, -1));
    }

    [Fact]
    public async Task A_serializer_under_its_former_name_is_taken()
    {
#pragma warning disable CS0618 // obsolete, and still to work
        var services = new ServiceCollection().AddSingleton<IWorkflowSerializer>(new JsonWorkflowSerializer(new JsonSerializerOptions()));
#pragma warning restore CS0618
        services.AddDaprWorkflow(_ => { });
        await using var provider = services.BuildServiceProvider();

        Assert.Equal("""{"A":1}""", provider.GetRequiredService<IDaprSerializer>().Serialize(new { A = 1 }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_page_holds_something(int size)
    {
        await using var client = Client();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.ListInstanceIdsAsync(null, size, Cancellation));
    }

    [Fact]
    public async Task An_input_that_would_not_be_taken_is_refused()
    {
        await using var client = Client();

        await Assert.ThrowsAsync<ArgumentException>(
            () => client.RerunWorkflowFromEventAsync("one", 1, new RerunWorkflowFromEventOptions { Input = 5 }, Cancellation));
    }

    [Fact]
    public void Callers_are_asked_for_by_name()
    {
        var caller = new PropagatedHistoryEvent("1", "app", "Flow", [], []);
        var history = new PropagatedHistory([caller]);

        Assert.Throws<ArgumentException>(() => history.GetEventsByWorkflowName(" "));
        Assert.Throws<ArgumentException>(() => history.TryGetLastWorkflowEventByName("", out _));
        Assert.Throws<ArgumentException>(() => history.GetByAppId(""));
        Assert.Throws<ArgumentException>(() => history.GetByInstanceId(""));
        Assert.Throws<ArgumentException>(() => caller.GetActivitiesByName(""));
        Assert.Throws<ArgumentException>(() => caller.TryGetLastActivityByName("", out _));
        Assert.Throws<ArgumentException>(() => caller.GetWorkflowsByName(""));
        Assert.Throws<ArgumentException>(() => caller.TryGetLastWorkflowByName("", out _));
    }

    private static DaprWorkflowClient Client()
    {
        var builder = new DaprWorkflowClientBuilder();
        builder.UseGrpcEndpoint("http://127.0.0.1:1");
        return builder.Build();
    }
}

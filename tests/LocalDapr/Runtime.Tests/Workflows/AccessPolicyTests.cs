using System.Text.Json.Nodes;
using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using LocalDapr.Engine.Hub;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Workflows;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Case = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace LocalDapr.Runtime.Tests.Workflows;

public sealed class AccessPolicyTests
{
    private const string Rule = """
        {callers: [{appID: app}], workflows: [{name: "open-*", operations: [schedule, purge]}], activities: [{name: charge}]}
        """;

    [Theory]
    [InlineData("app", AppOperation.ScheduleWorkflow, "open-account", true)]
    [InlineData("app", AppOperation.Purge, "open-account", true)]
    [InlineData("app", AppOperation.Terminate, "open-account", false)]
    [InlineData("app", AppOperation.ScheduleWorkflow, "close", false)]
    [InlineData("app", AppOperation.ScheduleActivity, "charge", true)]
    [InlineData("app", AppOperation.ScheduleActivity, "open-account", false)]
    [InlineData("app", AppOperation.ScheduleWorkflow, "charge", false)]
    [InlineData("other", AppOperation.ScheduleActivity, "charge", false)]
    public void What_no_rule_allows_is_denied(string caller, AppOperation operation, string name, bool allowed)
    {
        Assert.Equal(allowed, Read($"{{rules: [{Rule}]}}")!.Allows(new AppAccess(caller, operation, name)));
    }

    [Fact]
    public void Without_a_policy_there_is_nothing_to_ask_and_an_empty_one_denies_everything()
    {
        Assert.Null(AccessPolicy.Read([], NullLogger.Instance));
        Assert.False(Read("{}")!.Allows(new AppAccess("app", AppOperation.ScheduleActivity, "charge")));
    }

    [Fact]
    public void A_rule_that_requires_signed_history_allows_nothing()
    {
        var policy = Read("""{rules: [{callers: [{appID: app}], activities: [{name: a, requires: [{eventType: event.raised, name: x, appID: app}]}]}]}""");

        Assert.False(policy!.Allows(new AppAccess("app", AppOperation.ScheduleActivity, "a")));
    }

    [Theory]
    [InlineData("""{rules: [{callers: [], activities: [{name: a}]}]}""")]
    [InlineData("""{rules: [{callers: [{appID: ""}], activities: [{name: a}]}]}""")]
    [InlineData("""{rules: [{callers: [{appID: app}]}]}""")]
    [InlineData("""{rules: [{callers: [{appID: app}], workflows: [{name: w, operations: []}]}]}""")]
    [InlineData("""{rules: [{callers: [{appID: app}], workflows: [{name: w, operations: [start]}]}]}""")]
    [InlineData("""{rules: [{callers: [{appID: app}], workflows: [{name: "w[", operations: [get]}]}]}""")]
    [InlineData("""{rules: [{callers: [{appID: app}], workflows: [{name: w, operations: [get], requires: [{eventType: event.raised, name: x, appID: y}]}]}]}""")]
    public void A_policy_that_is_not_valid_is_left_out(string spec) => Assert.Null(Read(spec));

    [Theory]
    [InlineData("*", "any thing", true)]
    [InlineData("*", "a/b", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("a.c", "abc", false)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[^a-c]x", "bx", false)]
    [InlineData("[z-a]", "m", false)]
    [InlineData(@"\*", "*", true)]
    [InlineData(@"\*", "x", false)]
    [InlineData("w", "ww", false)]
    public void Names_match_as_in_Dapr(string pattern, string name, bool matches) => Assert.Equal(matches, NamePattern.Parse(pattern)!.Matches(name));

    [Theory]
    [InlineData("[")]
    [InlineData("[]")]
    [InlineData("[a")]
    [InlineData("[a-]")]
    [InlineData(@"a\")]
    public void What_is_no_pattern_is_known_as_such(string pattern) => Assert.Null(NamePattern.Parse(pattern));

    [Fact]
    public async Task An_app_denies_what_its_policy_does_not_allow_the_other_and_does_what_it_does()
    {
        await using var shop = await TaskHub.OpenAsync();
        await using var bank = await shop.OpenBesideAsync("bank", Policy($"{{rules: [{Rule.Trim()}]}}"));
        await shop.StartAsync("order");
        await shop.PlayAsync(
            ToBank(Named(TaskHub.Child(1, "kid"), "close")), ToBank(TaskHub.Activity(2, "refund")),
            ToBank(Named(TaskHub.Child(3, "kid2"), "open-account")), ToBank(TaskHub.Activity(4, "charge")));
        for (var i = 0; i < 2; i++)
        {
            var item = await bank.ItemAsync();
            if (item.ActivityRequest is { } activity) await bank.CallAsync(TaskHubMethods.CompleteActivityTask, Result(activity));
            else await bank.AnswerAsync(item.WorkflowRequest.InstanceId, TaskHub.Complete());
        }
        while ((await shop.HistoryAsync("order")).Count(IsResult) < 4) await shop.PlayAsync();

        var results = (await shop.HistoryAsync("order")).Where(IsResult).Select(Told).Order(StringComparer.Ordinal);

        Assert.Equal(
            [
                "1 WorkflowAccessPolicyDenied: access denied by workflow access policy", "2 WorkflowAccessPolicyDenied: access denied by workflow access policy",
                "3 done", "4 charged",
            ],
            results);
        Assert.Null(await bank.StateAsync("kid"));
    }

    [Fact]
    public async Task A_policy_that_is_written_while_the_app_runs_counts_from_then_on()
    {
        await using var shop = await TaskHub.OpenAsync();
        await using var bank = await shop.OpenBesideAsync("bank");
        var (atShop, atBank, asked) = (shop.ItemAsync(), bank.ItemAsync(), 0);
        Assert.False(await IsDeniedAsync());

        await shop.WriteAsync("policy.yaml", Policy("{}"));

        await OneSidecar.EventuallyAsync(IsDeniedAsync, "the policy");

        // Each time another instance of the bank asks for an activity here: either it comes, or its failure goes back.
        async Task<bool> IsDeniedAsync()
        {
            await bank.StartAsync($"w{++asked}");
            var turn = await atBank;
            var charge = new ScheduleTaskAction { Name = "charge" };
            await bank.AnswerAsync(
                turn.WorkflowRequest.InstanceId, new WorkflowAction { Id = 1, ScheduleTask = charge, Router = new TaskRouter { TargetAppID = "app" } });
            atBank = bank.ItemAsync();
            if (await Task.WhenAny(atShop, atBank) == atBank) return (await atBank).WorkflowRequest.NewEvents[^1].EventTypeCase == Case.TaskFailed;
            atShop = shop.ItemAsync();
            return false;
        }
    }

    [Fact]
    public async Task Who_only_says_that_it_is_an_allowed_app_is_denied()
    {
        await using var shop = await TaskHub.OpenAsync();
        await shop.WriteAsync("policy.yaml", Policy("{rules: [{callers: [{appID: bank}], activities: [{name: charge}]}]}"));
        var question = new AppQuestion("bank", "order", "e", new Engine.History.TaskScheduled("charge") { EventId = 1 });
        using var http = new HttpClient { DefaultRequestVersion = new Version(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        await OneSidecar.EventuallyAsync(
            async () =>
            {
                using var body = new ByteArrayContent(question.Encode());
                using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
                try
                {
                    using var response = await http.PostAsync(new Uri(shop.Internal, WorkflowLink.Path), body, patience.Token);
                    return AppAnswer.Decode(await response.Content.ReadAsByteArrayAsync(patience.Token))
                        is Engine.History.TaskFailed { Failure.ErrorType: "WorkflowAccessPolicyDenied" };
                }
                catch (OperationCanceledException)
                {
                    return false; // Until the policy is read, the question waits for the worker.
                }
            },
            "the denial");
    }

    private static ActivityResponse Result(ActivityRequest activity) =>
        new() { InstanceId = activity.WorkflowInstance.InstanceId, TaskId = activity.TaskId, Result = "charged" };

    private static bool IsResult(HistoryEvent happened) => happened.EventTypeCase
        is Case.TaskCompleted or Case.TaskFailed or Case.ChildWorkflowInstanceCompleted or Case.ChildWorkflowInstanceFailed;

    private static string Told(HistoryEvent happened) => happened.EventTypeCase switch
    {
        Case.TaskCompleted => $"{happened.TaskCompleted.TaskScheduledId} {happened.TaskCompleted.Result}",
        Case.TaskFailed => $"{happened.TaskFailed.TaskScheduledId} {Told(happened.TaskFailed.FailureDetails)}",
        Case.ChildWorkflowInstanceCompleted => $"{happened.ChildWorkflowInstanceCompleted.TaskScheduledId} {happened.ChildWorkflowInstanceCompleted.Result}",
        _ => $"{happened.ChildWorkflowInstanceFailed.TaskScheduledId} {Told(happened.ChildWorkflowInstanceFailed.FailureDetails)}",
    };

    private static string Told(TaskFailureDetails failure) => $"{failure.ErrorType}: {failure.ErrorMessage}";

    private static WorkflowAction Named(WorkflowAction child, string name)
    {
        child.CreateChildWorkflow.Name = name;
        return child;
    }

    private static WorkflowAction ToBank(WorkflowAction action)
    {
        action.Router = new TaskRouter { TargetAppID = "bank" };
        return action;
    }

    private static string Policy(string spec) => $"apiVersion: dapr.io/v1alpha1\nkind: WorkflowAccessPolicy\nmetadata: {{name: p}}\nspec: {spec}";

    private static AccessPolicy? Read(string spec)
    {
        var body = YamlNodes.Parse($"kind: WorkflowAccessPolicy\nspec: {spec.Trim()}").OfType<JsonObject>().Single();
        return AccessPolicy.Read([new Resource("WorkflowAccessPolicy", "dapr.io/v1alpha1", "p", "p.yaml", body)], NullLogger.Instance);
    }
}

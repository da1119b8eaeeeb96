using System.Text.RegularExpressions;
using Xunit;
using Topics = DaprOrders.Contracts.Topics;

namespace DaprOrders.Components.Tests;

/// <summary>Subscriptions and policies name only what is there, and no event can end where nobody listens.</summary>
public sealed class SubscriptionTests
{
    private static readonly ComponentSet Set = ComponentSet.Load("local"); // the files are the same in every set, which another test holds

    [Fact]
    public void Every_topic_has_dead_letters_and_somebody_keeps_them()
    {
        var subscriptions = Set.Of("Subscription").ToList();
        foreach (var topic in subscriptions.Where(s => !s.Name.EndsWith("-dead", StringComparison.Ordinal)))
        {
            Assert.Equal($"{topic.Name}-dead", topic.Spec.Text("deadLetterTopic")); // each subscriber its own
            Assert.Contains(subscriptions, s => s.Spec.Text("topic") == topic.Spec.Text("deadLetterTopic") && s.Scopes.SequenceEqual(["notifications"]));
        }
    }

    [Fact]
    public void Every_event_of_a_topic_has_a_route_since_one_that_no_rule_takes_goes_to_the_dead_letters()
    {
        Assert.All(Set.Of("Subscription"), subscription => Assert.NotEmpty(subscription.Spec.Map("routes")!.Text("default")));
    }

    [Fact]
    public void The_topics_of_the_subscriptions_are_allowed_to_their_apps()
    {
        var bus = Set.Component(Topics.PubSub);
        foreach (var subscription in Set.Of("Subscription"))
        {
            Assert.Equal(Topics.PubSub, subscription.Spec.Text("pubsubname"));
            Assert.Contains(subscription.Spec.Text("topic"), bus.Value("allowedTopics")!.Split(','));
            Assert.All(subscription.Scopes, app => Assert.Contains(app, bus.Scopes));
            Assert.All(subscription.Scopes, app => Assert.Contains(subscription.Spec.Text("topic"), TopicsOf(bus, "subscriptionScopes", app)));
            if (subscription.Spec.Text("deadLetterTopic") is { Length: > 0 } dead)
                Assert.All(subscription.Scopes, app => Assert.Contains(dead, TopicsOf(bus, "publishingScopes", app)));
        }
    }

    [Fact]
    public void The_files_say_the_same_as_the_subscriptions_in_the_code()
    {
        foreach (var subscription in Set.Of("Subscription"))
        {
            var app = RunFile.Apps.Single(a => a.Text("appID") == subscription.Scopes.Single());
            var mapped = Regex.Match(Repository.SourceOf(app.Text("appDirPath")), $"MapPost\\(\"{Regex.Escape(subscription.Spec.Map("routes")!.Text("default"))}\"[^;]*WithTopic[^;]*;").Value;
            Assert.Contains($"Name = {NameOf(subscription.Spec.Text("topic"))}", mapped, StringComparison.Ordinal);
            var (dead, bulk) = (subscription.Spec.Text("deadLetterTopic"), subscription.Spec.Map("bulkSubscribe"));
            Assert.Equal(dead.Length > 0, mapped.Contains("DeadLetterTopic", StringComparison.Ordinal));
            if (dead.Length > 0) Assert.Contains($"DeadLetterTopic = {NameOf(dead)}", mapped, StringComparison.Ordinal);
            Assert.Equal(bulk is not null, mapped.Contains("WithBulkSubscribe", StringComparison.Ordinal));
            if (bulk is not null)
                Assert.Contains($"MaxMessagesCount = {bulk.Text("maxMessagesCount")}, MaxAwaitDurationMs = {bulk.Text("maxAwaitDurationMs")}", mapped, StringComparison.Ordinal);
            Assert.Contains("Metadata = Topics.Queue", mapped, StringComparison.Ordinal);
            Assert.Equal(Topics.Queue, subscription.Spec.Map("metadata")!.Names().ToDictionary(name => name, subscription.Spec.Map("metadata")!.Text));
        }

        Assert.Equal(Set.Of("Subscription").Count(), Regex.Count(string.Concat(RunFile.Apps.Select(a => Repository.SourceOf(a.Text("appDirPath")))), @"\.WithTopic\("));
    }

    [Fact]
    public void Policies_name_only_what_is_there()
    {
        foreach (var name in ComponentSet.Names)
        {
            var set = ComponentSet.Load(name);
            var spec = set.Of("Resiliency").Single().Spec;
            var (policies, targets) = (spec.Map("policies")!, spec.Map("targets")!);
            Assert.All(targets.Map("components").Names(), target => Assert.Contains(set.Components, c => c.Name == target));
            Assert.All(targets.Map("apps").Names(), target => Assert.Contains(target, RunFile.AppIds));
            foreach (var target in targets.Map("components").Names())
            foreach (var direction in targets.Map("components")!.Map(target).Names())
            foreach (var (kind, list) in ((string, string)[])[("timeout", "timeouts"), ("retry", "retries"), ("circuitBreaker", "circuitBreakers")])
                if (targets.Map("components")!.Map(target)!.Map(direction)!.Text(kind) is { Length: > 0 } policy)
                    Assert.Contains(policy, policies.Map(list).Names());
        }
    }

    /// <summary>RabbitMQ's component makes classic queues, copies of one broker, unless the subscription says otherwise; no policy can change that afterwards.</summary>
    [Fact]
    public void Queues_are_on_a_majority_of_the_brokers() => Assert.Equal("quorum", Topics.Queue["queueType"]);

    private static string NameOf(string topic) =>
        $"Topics.{typeof(Topics).GetFields().Single(field => field.IsLiteral && (string?)field.GetRawConstantValue() == topic).Name}";

    private static string[] TopicsOf(Resource bus, string scope, string app) =>
        bus.Value(scope)!.Split(';').Select(entry => entry.Split('=')).Where(entry => entry[0] == app).SelectMany(entry => entry[1].Split(',')).ToArray();
}

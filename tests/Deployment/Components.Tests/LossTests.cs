using Xunit;
using Topics = DaprOrders.Contracts.Topics;
using Names = DaprOrders.Contracts.Components;

namespace DaprOrders.Components.Tests;

/// <summary>The settings that decide whether an acknowledged message or write can be lost: set, to the safe value, and explained where they stand.</summary>
public sealed class LossTests
{
    private static readonly Dictionary<string, (string Name, string Value)[]> Deciding = new()
    {
        ["local"] = [("initialOffset", "oldest")],
        ["redis"] = [("consumerID", "{appID}"), ("maxLenApprox", "5000000"), ("processingTimeout", "360s"), ("redeliverInterval", "30000")],
        ["kafka"] = [("producerRequiredAcks", "all"), ("consumerGroup", "{appID}"), ("initialOffset", "oldest"), ("consumeRetryEnabled", "true")],
        ["rabbitmq-postgres"] =
        [
            ("durable", "true"), ("deletedWhenUnused", "false"), ("deliveryMode", "2"), ("publisherConfirm", "true"), ("prefetchCount", "250"), ("requeueInFailure", "false"),
            ("enableDeadLetter", "true"),
        ],
        ["aws"] = [("messageVisibilityTimeout", "360"), ("messageReceiveLimit", "5"), ("sqsDeadLettersQueueName", "daprorders-{appID}-dead")],
        ["azure"] = [("lockRenewalInSec", "20"), ("handlerTimeoutInSec", "360"), ("maxDeliveryCount", "10"), ("defaultMessageTimeToLiveInSec", "1209600")],
        ["gcp"] = [("ackDeadline", "60s"), ("deadLetterTopic", "orders-undeliverable")],
    };

    [Theory, MemberData(nameof(ComponentSet.All), MemberType = typeof(ComponentSet))]
    public void The_bus_loses_nothing_by_default_settings(string set)
    {
        var bus = ComponentSet.Load(set).Component(Topics.PubSub);
        var lines = File.ReadAllLines(bus.File);

        foreach (var (name, value) in Deciding[set])
        {
            Assert.Equal(value, bus.Value(name));
            var line = Array.FindIndex(lines, l => l.Trim() == $"- name: {name}");
            Assert.True(lines[line - 1].TrimStart().StartsWith('#'), $"{bus}: '{name}' decides about loss and has no comment that says how");
        }
    }

    [Theory, MemberData(nameof(ComponentSet.All), MemberType = typeof(ComponentSet))]
    public void The_actor_store_is_one_that_has_transactions_and_etags(string set)
    {
        var all = ComponentSet.Load(set);

        Assert.Equal("true", all.Component(Names.State).Value("actorStateStore"));
        Assert.Null(all.Component(Names.Documents).Value("actorStateStore")); // daprd refuses two
        Assert.Contains(all.Component(Names.State).Type, (string[])["state.sqlite", "state.redis", "state.postgresql", "state.aws.dynamodb", "state.azure.cosmosdb"]);
        Assert.Contains(all.Component(Names.Documents).Type, (string[])["state.sqlite", "state.redis", "state.postgresql"]); // transactions over any keys, of any length
        Assert.All(all.Components.Where(c => c.Type.StartsWith("state.", StringComparison.Ordinal)), store => Assert.Null(store.Value("ttlInSeconds"))); // would delete payments
    }

    /// <summary>daprd answers an event of a batch with the batch. Where the broker hands out fewer, no batch gets full and each waits its whole time: ten events a second, not thousands.</summary>
    [Theory]
    [InlineData("redis", "concurrency")]
    [InlineData("redis", "queueDepth")]
    [InlineData("rabbitmq-postgres", "prefetchCount")]
    [InlineData("aws", "concurrencyLimit")]
    [InlineData("azure", "maxActiveMessages")]
    [InlineData("gcp", "maxOutstandingMessages")]
    public void The_broker_hands_out_as_many_events_as_a_batch_has(string set, string limit)
    {
        var all = ComponentSet.Load(set);
        var largest = all.Of("Subscription").Select(s => s.Spec.Map("bulkSubscribe")?.Text("maxMessagesCount")).OfType<string>().Max(int.Parse);

        Assert.InRange(int.Parse(all.Component(Topics.PubSub).Value(limit)!), largest, int.MaxValue);
    }

    [Fact]
    public void Kafka_is_spoken_to_in_a_version_that_it_still_answers() =>
        Assert.InRange(Version.Parse(ComponentSet.Load("kafka").Component(Topics.PubSub).Value("version")!), new Version(2, 1), new Version(2, 8, 0)); // README: 2.8 or newer

    [Theory, MemberData(nameof(ComponentSet.All), MemberType = typeof(ComponentSet))]
    public void Every_component_says_in_its_first_lines_what_it_is_and_what_it_guarantees(string set)
    {
        Assert.All(Directory.GetFiles(ComponentSet.Load(set).Folder, "*.yaml"), file => Assert.StartsWith("# ", File.ReadAllText(file), StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(ComponentSet.All), MemberType = typeof(ComponentSet))]
    public void The_broker_waits_longer_for_an_answer_than_deliveries_are_tried(string set)
    {
        var all = ComponentSet.Load(set);
        var retry = all.Of("Resiliency").Single().Spec.Map("policies")!.Map("retries")!.Map("delivery")!;
        var tries = Backoff.Total(int.Parse(retry.Text("maxRetries")), TimeSpan.FromSeconds(int.Parse(retry.Text("maxInterval").TrimEnd('s'))));

        foreach (var name in (string[])["processingTimeout", "messageVisibilityTimeout", "handlerTimeoutInSec"])
            if (all.Component(Topics.PubSub).Value(name) is { } seconds)
                Assert.True(int.Parse(seconds.TrimEnd('s')) > tries.TotalSeconds * 1.5, $"{set}: {name} {seconds}, but deliveries are tried for {tries.TotalSeconds:0} s");
    }
}

/// <summary>Dapr's exponential policy: 0.5 s, growing by half, up to a maximum; each pause is then made longer or shorter by up to a half at random.</summary>
internal static class Backoff
{
    public static TimeSpan Total(int retries, TimeSpan most) =>
        TimeSpan.FromSeconds(Enumerable.Range(0, retries).Sum(i => Math.Min(most.TotalSeconds, 0.5 * Math.Pow(1.5, i))));
}

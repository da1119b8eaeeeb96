using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.PubSub.Log;
using Xunit;

namespace LocalDapr.Runtime.Tests.PubSub;

public sealed class ConsumerOptionsTests
{
    [Theory]
    [InlineData("pubsub.in-memory", null, 1)]
    [InlineData("pubsub.in-memory", "8", 8)]
    [InlineData("pubsub.sqlite", "1", 1)]
    public void A_broker_in_memory_hands_out_one_at_a_time_unless_it_is_told_otherwise(string type, string? concurrency, int expected) =>
        Assert.Equal(expected, ConsumerOptions.Of(Component(type, "concurrency", concurrency)).Concurrency);

    [Theory]
    [InlineData("oldest", true)]
    [InlineData("newest", false)]
    [InlineData(null, false)]
    public void A_new_group_begins_with_the_oldest_when_its_component_says_so(string? offset, bool oldest) =>
        Assert.Equal(oldest, ConsumerOptions.Of(Component("pubsub.sqlite", "initialOffset", offset)).FromOldest);

    private static Component Component(string type, string name, string? value) => new("pubsub", type, "v1")
    {
        Metadata = value is null ? [] : new Dictionary<string, string> { [name] = value },
    };
}

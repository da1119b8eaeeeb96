using Xunit;

namespace DaprOrders.Components.Tests;

/// <summary>The rules that hold the sets must themselves find each kind of mistake.</summary>
public sealed class RulesTests
{
    private const string Sound = """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata:
          name: bus
        spec:
          type: pubsub.kafka
          version: v1
          metadata:
            - name: brokers
              value: "kafka:9092"
            - name: authType
              value: "none"
        scopes: [ordering]
        """;

    [Fact]
    public void A_sound_component_breaks_no_rule() => Assert.Empty(Broken(Sound));

    [Theory]
    [InlineData("name: authType", "name: authTyp", "knows no 'authTyp'")]
    [InlineData("name: authType", "name: authTyp", "'authType' is missing")]
    [InlineData("pubsub.kafka", "pubsub.kafkaa", "unknown type")]
    [InlineData("kind: Component", "kind: Componnt", "no Dapr resource kind")]
    [InlineData("dapr.io/v1alpha1", "dapr.io/v1", "apiVersion")]
    [InlineData("version: v1", "version: v2", "version must be v1")]
    [InlineData("scopes:", "scope:", "unknown field scope")]
    [InlineData("value: \"none\"", "valu: \"none\"", "exactly one of")]
    [InlineData("name: authType", "name: BROKERS", "twice")]
    [InlineData("- name: authType\n      value: \"none\"", "- name: saslPassword\n      value: \"hunter2\"", "must be a secretKeyRef")]
    [InlineData("kafka:9092", "host=db password=hunter2", "must be a secretKeyRef")]
    [InlineData("kafka:9092", "amqp://user:hunter2@rabbitmq", "must be a secretKeyRef")]
    [InlineData("value: \"none\"", "secretKeyRef: {key: x}", "refers to no secret")]
    [InlineData("value: \"none\"", "value: \"pasword\"", "must be one of none, password")]
    [InlineData("name: authType\n      value: \"none\"", "name: disableTls\n      value: \"yes\"", "must be true or false")]
    [InlineData("name: authType\n      value: \"none\"", "name: sessionTimeout\n      value: \"30\"", "must be a duration with its unit")]
    [InlineData("name: authType\n      value: \"none\"", "name: maxMessageBytes\n      value: \"1024\"", "must be a whole number from 100000")]
    public void A_mistake_is_found(string right, string wrong, string finding)
    {
        Assert.Contains(right, Sound, StringComparison.Ordinal);

        Assert.Contains(Broken(Sound.Replace(right, wrong, StringComparison.Ordinal)), sentence => sentence.Contains(finding, StringComparison.Ordinal));
    }

    [Fact]
    public void The_time_that_deliveries_are_tried_is_the_sum_of_its_pauses() =>
        Assert.Equal(0.5 + 0.75 + 1.125 + 1.5, Backoff.Total(4, TimeSpan.FromSeconds(1.5)).TotalSeconds, precision: 3);

    private static IEnumerable<string> Broken(string text) => Resource.Parse(text, "test.yaml").SelectMany(Rules.BrokenBy);
}

using System.Text.Json;
using LocalDapr.Runtime.Actors.Hosting;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

public sealed class ActorTypesTests
{
    [Fact]
    public void An_entry_of_its_own_takes_nothing_from_the_top_level()
    {
        var types = ActorTypes.Parse("""
            { "Entities": ["A", "B"], "actorIdleTimeout": "1h30m", "drainOngoingCallTimeout": "5s", "reentrancy": { "enabled": true },
              "entitiesConfig": [{ "entities": ["B", "Unknown"], "reentrancy": { "enabled": true, "maxStackDepth": 3 } }] }
            """u8.ToArray());

        Assert.Equal(new ActorTypeOptions(TimeSpan.FromMinutes(90), TimeSpan.FromSeconds(5), true, 32), types.Find("A"));
        Assert.Equal(ActorTypeOptions.Default with { Reentrant = true, MaxStackDepth = 3 }, types.Find("B"));
        Assert.Null(types.Find("Unknown"));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"entities":null}""")]
    public void An_app_without_types_hosts_nothing(string body) =>
        Assert.Empty(ActorTypes.Parse(System.Text.Encoding.UTF8.GetBytes(body)).All);

    [Theory]
    [InlineData("""  "actorIdleTimeout": "PT1M"  """)]
    [InlineData("""  "ACTORIDLETIMEOUT": 60  """)]
    [InlineData("""  "drainOngoingCallTimeout": "soon"  """)]
    [InlineData("""  "reentrancy": "yes"  """)]
    [InlineData("""  "reentrancy": { "enabled": "true" }  """)]
    [InlineData("""  "reentrancy": { "maxStackDepth": "32" }  """)]
    public void What_is_wrong_at_the_top_level_makes_the_whole_answer_wrong(string wrong) =>
        Assert.Throws<JsonException>(() => ActorTypes.Parse(System.Text.Encoding.UTF8.GetBytes($$"""{ "entities": ["A"], {{wrong}} }""")));

    [Theory]
    [InlineData("""  "actorIdleTimeout": null, "drainOngoingCallTimeout": "", "reentrancy": null  """)]
    [InlineData("""  "entitiesConfig": [{ "entities": ["A"], "actorIdleTimeout": "PT1M", "drainOngoingCallTimeout": "soon" }]  """)]
    public void What_is_absent_or_wrong_for_one_type_is_the_default(string odd) =>
        Assert.Equal(ActorTypeOptions.Default, ActorTypes.Parse(System.Text.Encoding.UTF8.GetBytes($$"""{ "entities": ["A"], {{odd}} }""")).Find("A"));

    [Theory]
    [InlineData("1ns")]
    [InlineData("0s")]
    [InlineData("-5s")]
    public void An_actor_may_be_idle_for_no_time_and_its_turns_need_not_be_waited_for(string time)
    {
        var types = ActorTypes.Parse(System.Text.Encoding.UTF8.GetBytes($$"""
            { "entities": ["A", "B"], "actorIdleTimeout": "{{time}}", "drainOngoingCallTimeout": "{{time}}",
              "entitiesConfig": [{ "entities": ["B"], "actorIdleTimeout": "{{time}}", "drainOngoingCallTimeout": "{{time}}" }] }
            """));

        foreach (var type in (string[])["A", "B"])
            Assert.Equal((TimeSpan.FromTicks(1), TimeSpan.Zero), (types.Find(type)!.IdleTimeout, types.Find(type)!.DrainTimeout));
    }
}

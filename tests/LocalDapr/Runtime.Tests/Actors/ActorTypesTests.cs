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
}

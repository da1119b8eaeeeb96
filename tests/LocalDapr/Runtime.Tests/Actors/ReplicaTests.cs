using System.Net;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

/// <summary>Several processes of one app behind one host, as replicas in a run file.</summary>
public sealed class ReplicaTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Actors_spread_over_the_replicas_and_move_on_when_one_is_killed_and_back_when_it_returns()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Locks of parts of a file find actors that are active twice; macOS has none.");
        await using var storm = await ReplicaStorm.StartAsync(2, Stop);
        var before = await HomesAsync(storm);
        Assert.Equal(2, before.Distinct().Count());
        var killed = storm.ProcessOf(0).ToString();

        await storm.KillAsync(0, Stop);
        var during = await HomesAsync(storm);
        storm.Restart(0);
        await OneSidecar.EventuallyAsync(
            async () => (await HomesAsync(storm)).Select(home => home == storm.ProcessOf(0).ToString()).SequenceEqual(before.Select(home => home == killed)),
            "the same actors on the replica that came back");

        Assert.Equal(storm.ProcessOf(1).ToString(), Assert.Single(during.Distinct()));
    }

    [Fact]
    public async Task In_a_storm_of_kills_no_actor_is_ever_active_twice_and_calls_go_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Locks of parts of a file find actors that are active twice; macOS has none.");
        await using var storm = await ReplicaStorm.StartAsync(3, Stop);

        var outcome = await storm.RunAsync(actors: 300, callers: 8, kills: 5, seed: 20260101, Stop);

        Assert.True(outcome.Twice == 0, $"{outcome}");
        Assert.True(outcome.Answered > 500 && outcome.Moved > 0, $"{outcome}");
        Assert.True(outcome.Failed <= 3 * 8 * outcome.Kills, $"only calls in flight in a dying process may fail: {outcome}");
    }

    [Fact]
    public async Task In_a_storm_of_kills_no_reminder_is_lost()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Locks of parts of a file find actors that are active twice; macOS has none.");
        await using var storm = await ReplicaStorm.StartAsync(3, Stop);
        var dice = new Random(20260102);
        var taken = new List<int>();
        for (var actor = 0; actor < 400; actor++)
            if (await storm.RemindAsync(actor, TimeSpan.FromMilliseconds(dice.Next(4_000)), through: dice.Next(3), Stop)) taken.Add(actor);

        var outcome = await storm.RunAsync(actors: 400, callers: 4, kills: 5, seed: 20260102, Stop);
        await OneSidecar.EventuallyAsync(() => Task.FromResult(taken.All(storm.Reminded().Contains)), "every reminder");

        Assert.True(outcome.Twice == 0, $"{outcome}");
        Assert.Equal(400, taken.Count);
    }

    private static async Task<List<string>> HomesAsync(ReplicaStorm storm)
    {
        var homes = new List<string>();
        for (var actor = 0; actor < 40; actor++)
        {
            var (status, body) = await storm.CallAsync(actor, "touch", through: actor, Stop);
            Assert.True(status == HttpStatusCode.OK, body);
            homes.Add(body);
        }

        return homes;
    }
}

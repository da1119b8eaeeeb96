using System.Diagnostics;
using LocalDapr.Runtime.Tests.Actors;

// Replicas of one app as processes that are killed and started again at random, while callers use many actors through all of their sidecars.
// An actor that is ever active in two processes is counted. Arguments: actors (10000), callers (32), kills (30), replicas (3), seed (1).
int Argument(int index, int fallback) => args.Length > index ? int.Parse(args[index]) : fallback;

var clock = Stopwatch.StartNew();
await using var storm = await ReplicaStorm.StartAsync(Argument(3, 3), CancellationToken.None);
var outcome = await storm.RunAsync(Argument(0, 10_000), Argument(1, 32), Argument(2, 30), Argument(4, 1), CancellationToken.None);
Console.WriteLine($"{Argument(0, 10_000)} actors, {outcome.Kills} kills in {clock.Elapsed.TotalSeconds:F0} s: {outcome.Answered} calls answered, "
    + $"{outcome.Failed} failed with their process, {outcome.Moved} moves seen, {outcome.Twice} found active twice");
return outcome.Twice == 0 ? 0 : 1;

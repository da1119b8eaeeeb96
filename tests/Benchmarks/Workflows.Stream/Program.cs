using DaprOrders.Workflows.Stream;

// Workflows of five activities one after the other over our stream: a sidecar on state.sqlite (an fsync behind every commit), a worker and a client, each
// a process of its own. Arguments: workflows (20000), at a time (400), a second (half of what the first run reached). First as many as it can, then, for
// 20 seconds, at that rate whatever the answers take.
if (args is ["worker"]) return await Worker.RunAsync();
if (args is ["client", var count, var atOnce, var rate]) return await Client.RunAsync(int.Parse(count), int.Parse(atOnce), double.Parse(rate));

var workflows = args.Length > 0 ? args[0] : "20000";
var parallel = args.Length > 1 ? args[1] : "400";
await using var sidecar = await Processes.StartAsync();
await sidecar.RunAsync("client", "2000", parallel, "0"); // warm
var most = await sidecar.RunAsync("client", workflows, parallel, "0");
var half = args.Length > 2 ? double.Parse(args[2]) : Math.Floor(most / 2);
await sidecar.RunAsync("client", $"{(int)(half * 20)}", "0", $"{half}");
Console.WriteLine(sidecar.Figures());
return 0;

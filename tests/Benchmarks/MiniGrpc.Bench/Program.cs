using System.Diagnostics;
using Google.Protobuf;
using MiniGrpc;
using MiniGrpc.Bench;

// Calls and stream messages a second between two processes over loopback: this one calls, the other (started here, "server") answers.
// Arguments: calls at a time (64), payload bytes (200), and a name to run alone. In brackets what hand-framed gRPC on the same two cores
// (HttpClient and Kestrel, no library) was measured to do, with both processes' work and the load generator's on those cores.
if (args is ["server"])
{
    await BenchServer.RunAsync();
    return;
}

var atOnce = args.Length > 0 ? int.Parse(args[0]) : 64;
var payload = new Parcel { Payload = ByteString.CopyFrom(new byte[args.Length > 1 ? int.Parse(args[1]) : 200]) };
var only = args.Length > 2 ? args[2] : "";
const int Burst = 100_000;

using var server = Process.Start(
    new ProcessStartInfo(Environment.ProcessPath!, "server") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
var port = int.Parse(await server.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The server did not start."));
using var channel = new GrpcChannel(new Uri($"http://127.0.0.1:{port}"));
Console.WriteLine($"{Environment.ProcessorCount} cores, payload {payload.Payload.Length} B, CPU of the caller + of the server");

await MeasureAsync($"unary, {atOnce} at a time", "calls/s", "hand-framed: 38,000-53,000", CallAsync);
await MeasureAsync("unary, 1 at a time", "calls/s", "no reference", OneByOneAsync);
await MeasureAsync("duplex stream, echoed", "messages/s", "hand-framed: 1,200,000-1,300,000", ChatAsync);
await MeasureAsync("server stream", "messages/s", "no reference", PourAsync);
await MeasureAsync("client stream", "messages/s", "no reference", GatherAsync);
server.StandardInput.Close();
await server.WaitForExitAsync();

Task MeasureAsync(string name, string unit, string reference, Func<CancellationToken, Task<long>> workload) =>
    name.Contains(only, StringComparison.Ordinal) ? Measurement.RunAsync(name, unit, reference, server, workload) : Task.CompletedTask;

async Task<long> CallAsync(CancellationToken time)
{
    var counts = await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => OneByOneAsync(time)));
    return counts.Sum();
}

async Task<long> OneByOneAsync(CancellationToken time)
{
    var count = 0L;
    for (; !time.IsCancellationRequested; count++)
    {
        await channel.UnaryAsync(BenchMethods.Say, payload);
    }

    return count;
}

async Task<long> ChatAsync(CancellationToken time)
{
    using var call = channel.Duplex(BenchMethods.Chat);
    var writing = WriteAsync();
    var count = 0L;
    while ((await call.ReadAsync(CancellationToken.None)).More)
    {
        count++;
    }

    await writing;
    return count;

    async Task WriteAsync()
    {
        while (!time.IsCancellationRequested)
        {
            for (var i = 0; i < 256; i++)
            {
                await call.WriteAsync(payload, flush: false, CancellationToken.None);
            }
        }

        await call.CompleteAsync(CancellationToken.None);
    }
}

async Task<long> PourAsync(CancellationToken time)
{
    var count = 0L;
    while (!time.IsCancellationRequested)
    {
        using var call = channel.ServerStreaming(BenchMethods.Pour, new Wish { Messages = Burst, PayloadBytes = payload.Payload.Length });
        while (await call.MoveNextAsync(CancellationToken.None))
        {
            count++;
        }
    }

    return count;
}

async Task<long> GatherAsync(CancellationToken time)
{
    var count = 0L;
    while (!time.IsCancellationRequested)
    {
        using var call = channel.ClientStreaming(BenchMethods.Gather);
        for (var i = 0; i < Burst; i++)
        {
            await call.WriteAsync(payload, flush: false, CancellationToken.None);
        }

        count += (await call.CompleteAsync(CancellationToken.None)).Messages;
    }

    return count;
}

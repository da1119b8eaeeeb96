using System.Text.Json;
using DaprOrders.Shoppers;

// shoppers make FILE [--count N] [--seed N]
// shoppers place DATA [--orders FILE] [--count N] [--parallel N] [--run NAME]   place the orders, show progress, print the verdict; exit 0 only if consistent
var arguments = Arguments.Parse(args);
if (arguments.Command == "make")
{
    DemoOrders.Write(arguments.Target, arguments.Count ?? 2000, arguments.Seed);
    return 0;
}

if (arguments.Command != "place")
{
    Console.Error.WriteLine("usage: shoppers make FILE [--count N] [--seed N] | shoppers place DATA [--orders FILE] [--count N] [--parallel N] [--run NAME]");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) => { e.Cancel = true; stop.Cancel(); };
try
{
    return await new Demo(arguments).RunAsync(stop.Token);
}
catch (OperationCanceledException)
{
    return 130;
}
catch (Exception e) when (e is HttpRequestException or JsonException or IOException or TimeoutException)
{
    Console.Error.WriteLine($"The demo stopped: {e.Message}");
    return 1;
}

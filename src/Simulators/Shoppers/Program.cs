using System.Text.Json;
using DaprOrders.Shoppers;

// shoppers make FILE [--count N] [--seed N]
// shoppers place DATA [--orders FILE] [--count N] [--parallel N] [--run NAME]   place the orders, show progress, print the verdict; exit 0 only if consistent
// shoppers check URL [--run NAME] [--payment-token T] [--seconds N]             one order to its end; exit 0 when it is confirmed. CUSTOMER_TOKEN and
//                                                                               OPERATOR_TOKEN instead of the development issuer's tokens
var arguments = Arguments.Parse(args);
if (arguments.Command == "make")
{
    DemoOrders.Write(arguments.Target, arguments.Count ?? 2000, arguments.Seed);
    return 0;
}

if (arguments.Command is not ("place" or "check"))
{
    Console.Error.WriteLine("usage: shoppers make FILE [--count N] [--seed N] | shoppers place DATA [--orders FILE] [--count N] [--parallel N] [--run NAME] | shoppers check URL [--run NAME]");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) => { e.Cancel = true; stop.Cancel(); };
try
{
    return arguments.Command == "check" ? await new Check(arguments, Console.Out).RunAsync(stop.Token) : await new Demo(arguments).RunAsync(stop.Token);
}
catch (OperationCanceledException)
{
    return 130;
}
catch (Exception e) when (e is HttpRequestException or JsonException or IOException or TimeoutException)
{
    Console.Error.WriteLine($"Stopped: {e.Message}");
    return 1;
}

using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace DaprOrders.Shoppers;

/// <summary>The main job as a person sees it: shelves stocked, orders placed, progress shown, then the audit's verdict.</summary>
internal sealed class Demo(Arguments arguments)
{
    private static readonly TimeSpan Ready = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(2);
    private readonly Tally tally = new();

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var endpoints = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(arguments.Target, "endpoints.json"), cancellation)).RootElement;
        using var shop = new Shop(new Uri(endpoints.GetProperty("gateway").GetString()!));
        await WaitAsync(shop, cancellation);
        var operatorToken = await shop.TokenAsync("operator", cancellation);
        var token = await shop.TokenAsync("demo", cancellation);
        await shop.StockShelvesAsync(operatorToken, 200, cancellation);

        var orders = arguments.Count == 0 ? [] : Orders();
        if (orders.Count > 0) await PlaceAsync(shop, token, orders, cancellation);
        return await VerdictAsync(shop, operatorToken, cancellation);
    }

    private static async Task WaitAsync(Shop shop, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (!await shop.IsReadyAsync(cancellation))
        {
            if (clock.Elapsed > Ready) throw new TimeoutException($"The shop was not ready within {Ready.TotalSeconds} s; its log is in the data folder.");
            await Task.Delay(200, cancellation);
        }
    }

    /// <summary>
    /// The keys of a file's orders are the same at every start: a second start is answered for what the first one placed and goes on from there.
    /// </summary>
    private string Run() => $"{arguments.Run}-{Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(arguments.Orders!)))[..12]}";

    /// <summary>The orders of the file, taken from the start again when more are wanted than it holds.</summary>
    private List<string> Orders()
    {
        var lines = File.ReadAllLines(arguments.Orders!).Where(line => line.Length > 0).ToArray();
        var count = lines.Length == 0 ? 0 : arguments.Count ?? lines.Length;
        return [.. Enumerable.Range(0, count).Select(i => lines[i % lines.Length])];
    }

    private async Task PlaceAsync(Shop shop, string token, List<string> orders, CancellationToken cancellation)
    {
        Console.WriteLine($"Placing {orders.Count} orders, {arguments.Parallel} at a time");
        var clock = Stopwatch.StartNew();
        var placing = new Placing(shop, token, Run(), arguments.Parallel, tally).AllAsync(orders, cancellation);
        var every = Console.IsOutputRedirected ? TimeSpan.FromSeconds(5) : TimeSpan.FromSeconds(1);
        while (await Task.WhenAny(placing, Task.Delay(every, cancellation)) != placing) Show(clock.Elapsed, final: false);
        await placing;
        Show(clock.Elapsed, final: true);
    }

    private void Show(TimeSpan elapsed, bool final)
    {
        var statuses = string.Join(" ", tally.ByStatus.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key} {s.Value}"));
        var line = $"{elapsed.TotalSeconds,5:0.0} s  accepted {tally.Accepted} ({tally.Accepted / elapsed.TotalSeconds:0}/s)  completed {tally.Terminal} "
            + $"({tally.Terminal / elapsed.TotalSeconds:0}/s)  {statuses}{(tally.Refused > 0 ? $" refused {tally.Refused}" : "")}  "
            + $"acceptance p50 {Tally.Percentile(tally.AcceptanceMs, 50):0} p99 {Tally.Percentile(tally.AcceptanceMs, 99):0} ms  "
            + $"to the end p50 {Tally.Percentile(tally.TerminalMs, 50):0} p99 {Tally.Percentile(tally.TerminalMs, 99):0} ms";
        if (Console.IsOutputRedirected || final) Console.WriteLine(Console.IsOutputRedirected ? line : "\r\u001b[K" + line);
        else Console.Write("\r\u001b[K" + line[..Math.Min(line.Length, Math.Max(20, Console.WindowWidth - 1))]);
    }

    /// <summary>
    /// Sagas of an earlier start may still run: the verdict waits for them, then reconciles from the sources of truth. Parked orders and those that
    /// await approval stay as they are until somebody acts.
    /// </summary>
    private static async Task<int> VerdictAsync(Shop shop, string operatorToken, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            using var answer = await shop.SendAsync(HttpMethod.Post, "/audit/run", operatorToken, "{}", null, cancellation);
            answer.EnsureSuccessStatusCode();
            var verdict = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellation)).RootElement;
            var inFlight = verdict.GetProperty("inFlight").GetInt64();
            var awaiting = inFlight == 0 ? 0 : await shop.OrdersAsync(operatorToken, "awaiting-approval", cancellation).CountAsync(cancellation);
            var open = inFlight - verdict.GetProperty("parked").GetInt64() - awaiting;
            if (open > 0 && clock.Elapsed < Settled)
            {
                await Task.Delay(500, cancellation);
                continue;
            }

            var consistent = verdict.GetProperty("consistent").GetBoolean() && open == 0;
            var terminal = string.Join(", ", verdict.GetProperty("terminal").EnumerateObject().Select(s => $"{s.Value} {s.Name}"));
            Console.WriteLine($"Audit: {verdict.GetProperty("accepted")} accepted ({terminal}), {inFlight} in flight{(awaiting > 0 ? $" ({awaiting} await approval)" : "")}; lost {verdict.GetProperty("lost")}, "
                + $"duplicated {verdict.GetProperty("duplicated")}, money {verdict.GetProperty("moneyMismatch")}, stock {verdict.GetProperty("stockMismatch")}: "
                + (consistent ? "CONSISTENT" : "NOT CONSISTENT"));
            foreach (var finding in verdict.GetProperty("findings").EnumerateArray().Take(20)) Console.WriteLine($"  {finding}");
            return consistent ? 0 : 1;
        }
    }
}

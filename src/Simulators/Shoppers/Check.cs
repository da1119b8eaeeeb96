using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace DaprOrders.Shoppers;

/// <summary>
/// One order from the first request to its end, for `helm test` and whoever wants to know whether a shop works. Every write has a key made from the run's
/// name: a second run of the same name is answered for the first one's order and changes nothing.
/// </summary>
internal sealed class Check(Arguments arguments, TextWriter output)
{
    private const string Sku = "daprorders-check";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(arguments.Patience);
        using var shop = new Shop(new Uri(arguments.Target));
        try
        {
            while (!await shop.IsReadyAsync(limit.Token)) await Task.Delay(Pause, limit.Token);
            return await OrderAsync(shop, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            output.WriteLine($"FAILED: no end within {arguments.Patience.TotalSeconds} s");
            return 1;
        }
    }

    private async Task<int> OrderAsync(Shop shop, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var operatorToken = arguments.OperatorToken ?? await shop.TokenAsync("operator", cancellation);
        var token = arguments.CustomerToken ?? await shop.TokenAsync("demo", cancellation);
        await SendAsync(shop, HttpMethod.Put, $"/products/{Sku}", operatorToken, """{"name":"Check of the shop","price":{"amount":1,"currency":"EUR"}}""", null, cancellation);
        await SendAsync(shop, HttpMethod.Post, $"/products/{Sku}/restock", operatorToken, """{"quantity":1}""", $"{arguments.Run}-restock", cancellation);

        var body = JsonSerializer.Serialize(new { items = new[] { new { sku = Sku, quantity = 1 } }, paymentToken = arguments.PaymentToken, currency = "EUR" });
        var placed = await SendAsync(shop, HttpMethod.Post, "/orders", token, body, $"{arguments.Run}-order", cancellation);
        var again = await SendAsync(shop, HttpMethod.Post, "/orders", token, body, $"{arguments.Run}-order", cancellation);
        var id = placed.GetProperty("orderId").GetString();
        if (again.GetProperty("orderId").GetString() != id)
        {
            output.WriteLine($"FAILED: the same key made two orders, {id} and {again.GetProperty("orderId")}");
            return 1;
        }

        var status = await EndAsync(shop, $"/orders/{id}", token, cancellation);
        output.WriteLine($"{(status == "confirmed" ? "PASSED" : "FAILED")}: order {id} is {status} after {clock.Elapsed.TotalSeconds:0.0} s");
        return status == "confirmed" ? 0 : 1;
    }

    private static async Task<string?> EndAsync(Shop shop, string path, string token, CancellationToken cancellation)
    {
        while (true)
        {
            var order = await shop.GetAsync(path, token, cancellation, prefer: "wait=10");
            var status = order.GetProperty("status").GetString();
            if (status is "confirmed" or "rejected" or "cancelled" or "refunded" or "parked" or "awaiting-approval") return status;
            await Task.Delay(Pause, cancellation);
        }
    }

    /// <summary>Tries again while the shop is busy or a service is away: the key makes that safe.</summary>
    private static async Task<JsonElement> SendAsync(Shop shop, HttpMethod verb, string path, string token, string json, string? key, CancellationToken cancellation)
    {
        while (true)
        {
            using var answer = await shop.SendAsync(verb, path, token, json, key, cancellation);
            if (answer.IsSuccessStatusCode) return answer.Content.Headers.ContentLength == 0 ? default : await answer.Content.ReadFromJsonAsync<JsonElement>(cancellation);
            if (answer.StatusCode is not (HttpStatusCode.Conflict or HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable))
                throw new HttpRequestException($"{verb} {path} is answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancellation)}");
            await Task.Delay(Pause, cancellation);
        }
    }
}

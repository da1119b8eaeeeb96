using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace DaprOrders.Shoppers;

/// <summary>The shop as its clients see it: the Gateway's HTTP interface. Safe for concurrent use.</summary>
internal sealed class Shop(Uri gateway) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 512, ConnectCallback = MiniGrpc.TcpConnect.OpenAsync }) { BaseAddress = gateway, Timeout = TimeSpan.FromSeconds(60) };

    public async Task<string> TokenAsync(string user, CancellationToken cancellation)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "password", ["username"] = user, ["password"] = user, ["expires_in"] = "3600",
        });
        using var answer = await http.PostAsync(new Uri("/token", UriKind.Relative), form, cancellation);
        answer.EnsureSuccessStatusCode();
        var token = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellation);
        return token.GetProperty("access_token").GetString()!;
    }

    public async Task<bool> IsReadyAsync(CancellationToken cancellation)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>One request; the caller disposes the answer.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod verb, string path, string token, string? json, string? key, CancellationToken cancellation, string? prefer = null)
    {
        using var request = new HttpRequestMessage(verb, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        if (prefer is not null) request.Headers.Add("Prefer", prefer);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await http.SendAsync(request, cancellation);
    }

    public async Task<JsonElement> GetAsync(string path, string token, CancellationToken cancellation, string? prefer = null)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, token, null, null, cancellation, prefer);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>(cancellation);
    }

    /// <summary>All orders that the token may see, newest first, or those of one status; a page at a time.</summary>
    public async IAsyncEnumerable<JsonElement> OrdersAsync(string token, string? status, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (string? cursor = ""; cursor is not null;)
        {
            var from = $"{(status is null ? "" : $"&status={status}")}{(cursor.Length > 0 ? $"&cursor={Uri.EscapeDataString(cursor)}" : "")}";
            var page = await GetAsync($"/orders?limit=200{from}", token, cancellation);
            foreach (var order in page.GetProperty("items").EnumerateArray()) yield return order;
            cursor = page.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }
    }

    /// <summary>Creates the 200 SKUs of the demo and fills their shelves once, however often it is started.</summary>
    public async Task StockShelvesAsync(string operatorToken, int skus, CancellationToken cancellation)
    {
        await Parallel.ForAsync(0, skus, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellation }, async (rank, ct) =>
        {
            var sku = DemoOrders.Sku(rank);
            using var known = await SendAsync(HttpMethod.Get, $"/products/{sku}", operatorToken, null, null, ct);
            if (known.StatusCode == HttpStatusCode.NotFound)
            {
                var product = JsonSerializer.Serialize(new { name = $"Product {rank + 1}", price = new { amount = 500 + (rank * 37 % 9500), currency = "EUR" } });
                using var put = await SendAsync(HttpMethod.Put, $"/products/{sku}", operatorToken, product, null, ct);
                put.EnsureSuccessStatusCode();
            }

            // The key makes the restock happen once: a second start finds it done.
            using var restock = await SendAsync(HttpMethod.Post, $"/products/{sku}/restock", operatorToken,
                JsonSerializer.Serialize(new { quantity = DemoOrders.InitialStock(rank) }), $"demo-restock-{sku}", ct);
            restock.EnsureSuccessStatusCode();
        });
    }

    public void Dispose() => http.Dispose();
}

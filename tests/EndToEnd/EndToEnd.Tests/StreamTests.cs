using System.Net;
using System.Text.Json;
using Xunit;

namespace DaprOrders.EndToEnd;

/// <summary>Server-sent events and the read model through the public edge of a running shop.</summary>
[Collection(OpenShop.Name)]
public sealed class StreamTests(RunningShop shop) : Buying(shop)
{
    [Fact]
    public async Task A_stream_tells_every_change_once_and_goes_on_after_its_last_id()
    {
        var sku = await ShelfAsync(100);
        var seen = new List<(string Id, JsonElement Data)>();
        var placed = new List<string>();

        await using (var stream = await SseAsync(null))
        {
            for (var i = 0; i < 5; i++) placed.Add(await PlaceAsync(sku, 1, "tok_visa_ok"));
            await stream.ReadAsync(seen, until: () => Of(seen, placed).Count >= 4);
        }

        for (var i = 0; i < 5; i++) placed.Add(await PlaceAsync(sku, 1, "tok_visa_ok"));
        await using (var again = await SseAsync(seen[^1].Id)) await again.ReadAsync(seen, until: () => Of(seen, placed).Count >= 2 * placed.Count);

        Assert.Equal(seen.Count, seen.Select(e => e.Id).Distinct().Count());
        foreach (var id in placed)
            Assert.Equal(["accepted", "confirmed"], Of(seen, [id]).Select(e => e.Data.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task An_id_that_was_never_given_out_is_refused()
    {
        using var client = new HttpClient { BaseAddress = Shop.Gateway };
        using var request = Request("ffffffffff");
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-request"), (answer.StatusCode, await CodeAsync(answer)));
    }

    [Fact]
    public async Task The_read_model_is_what_the_events_say()
    {
        await EndAsync(await PlaceAsync(await ShelfAsync(5), 1, "tok_visa_ok"));

        using var rebuilt = await Shop.Shop.SendAsync(HttpMethod.Post, "/read-model/rebuild", Shop.Operator, null, null, Cancellation);
        var verified = await Shop.Shop.GetAsync("/read-model/verify", Shop.Operator, Cancellation);

        Assert.Equal(HttpStatusCode.OK, rebuilt.StatusCode);
        Assert.Equal(0, verified.GetProperty("differences").GetInt64());
        Assert.True(verified.GetProperty("rows").GetInt64() > 0);
    }

    private static List<(string Id, JsonElement Data)> Of(List<(string Id, JsonElement Data)> seen, IReadOnlyList<string> orders) =>
        [.. seen.Where(e => orders.Contains(e.Data.GetProperty("orderId").GetString()!))];

    private HttpRequestMessage Request(string? lastId)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/orders/stream");
        request.Headers.Authorization = new("Bearer", Shop.Customer);
        if (lastId is not null) request.Headers.Add("Last-Event-ID", lastId);
        return request;
    }

    private async Task<Sse> SseAsync(string? lastId)
    {
        var client = new HttpClient { BaseAddress = Shop.Gateway };
        using var request = Request(lastId);
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancellation));
        Assert.StartsWith(":", await reader.ReadLineAsync(Cancellation)); // a comment at once: the stream is open
        return new Sse(client, reader);
    }

    private sealed class Sse(HttpClient client, StreamReader reader) : IAsyncDisposable
    {
        public async Task ReadAsync(List<(string Id, JsonElement Data)> seen, Func<bool> until)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            limit.CancelAfter(TimeSpan.FromSeconds(60));
            var id = "";
            while (!until())
            {
                var line = await reader.ReadLineAsync(limit.Token) ?? throw new EndOfStreamException("The stream ended.");
                if (line.StartsWith("id: ", StringComparison.Ordinal)) id = line[4..];
                if (line.StartsWith("data: ", StringComparison.Ordinal)) seen.Add((id, JsonDocument.Parse(line[6..]).RootElement));
            }
        }

        public ValueTask DisposeAsync()
        {
            reader.Dispose();
            client.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

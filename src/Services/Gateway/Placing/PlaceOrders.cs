using System.Text.Json;
using System.Text.Json.Nodes;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Gateway.Placing;

/// <summary>POST /orders/batch: up to 500 orders, each with its key beside it and an answer of its own; one that is bad never fails the others.</summary>
internal static class PlaceOrders
{
    private const int MostOrders = 500;

    public sealed record Request(IReadOnlyList<JsonObject> Orders);

    public static async Task HandleAsync(HttpContext context, Caller caller, Placer placer, CustomerRate rate)
    {
        if (caller.Role != "customer") throw new ProblemException(Problems.Forbidden("Only a customer places orders."));
        var request = Parse(await Body.ReadBytesAsync(context.Request, context.RequestAborted));
        if (request.Orders is not { Count: >= 1 and <= MostOrders } || request.Orders.Any(order => order is null))
            throw new ProblemException(Problems.Invalid("orders", $"1 to {MostOrders} orders"));
        if (rate.Take(caller.Subject!, request.Orders.Count) is { } seconds) throw new ProblemException(Problems.TooManyRequests(seconds));

        var items = request.Orders.Select(order => Item.Of(order, caller.Subject!)).ToList();
        var placed = await placer.PlaceAsync([.. items.Where(item => item.Command is not null).Select(item => item.Command!)])
            ?? throw new ProblemException(Problems.TooManyRequests(1));
        await WriteAsync(context.Response, items, placed);
    }

    private static Request Parse(byte[] body)
    {
        try
        {
            return Body.Parse<Request>(body);
        }
        catch (ArgumentException e)
        {
            throw new ProblemException(Problems.Invalid("orders", "a member is there twice"), e); // as JsonObject tells it, which is no JsonException
        }
    }

    private static async Task WriteAsync(HttpResponse response, List<Item> items, PlaceResult[] placed)
    {
        response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartArray("results");
        var next = 0;
        foreach (var item in items)
        {
            var result = item.Command is null ? Placer.Refuse(item.Problem!) : placed[next++];
            json.WriteStartObject();
            if (item.Key is not null) json.WriteString("idempotencyKey", item.Key);
            json.WriteNumber("status", result.Status);
            json.WritePropertyName(result.Status == StatusCodes.Status202Accepted ? "order" : "problem");
            json.WriteRawValue(result.Body);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>An order of the batch: what Ordering is asked, or what is wrong with its key.</summary>
    private sealed record Item(string? Key, PlaceCommand? Command, Problem? Problem)
    {
        public static Item Of(JsonObject order, string customer)
        {
            if (!order.Remove("idempotencyKey", out var node) || node is null) return new Item(null, null, Problems.KeyRequired());
            if (node is not JsonValue value || !value.TryGetValue<string>(out var key) || !IdempotencyKey.IsWellFormed(key))
                return new Item(null, null, Problems.Invalid("idempotencyKey", "1 to 128 visible ASCII characters"));
            return new Item(key, new PlaceCommand(customer, key, JsonSerializer.SerializeToUtf8Bytes(order)), null);
        }
    }
}

using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.Features;

/// <summary>One order, all orders, an order's stream. Another customer's order does not exist.</summary>
internal static class ReadOrders
{
    private const int MaxWaitSeconds = 30;

    public sealed record Page(IReadOnlyList<OrderView> Items, string? NextCursor);

    public sealed record EventItem(long Version, string Type, DateTimeOffset At, JsonElement Data);

    public sealed record Events(IReadOnlyList<EventItem> Items);

    public static async Task<IResult> GetAsync(string id, HttpContext context, Caller caller, OrderEventStore store, OrderWatch watch, CancellationToken cancellation)
    {
        if (Visible(await store.FindAsync(id), caller) is not { } state) return NoSuchOrder();
        if (!state.IsTerminal && WaitOf(context.Request.Headers["Prefer"]) is { } wait) state = (await watch.WaitForEndAsync(id, () => store.FindAsync(id), wait, cancellation))!;

        var etag = $"\"{state.View.Version}\"";
        context.Response.Headers.ETag = etag;
        var known = context.Request.Headers.IfNoneMatch.ToString().Split(',', StringSplitOptions.TrimEntries);
        return known.Contains(etag) || known.Contains("*") ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : TypedResults.Ok(state.View);
    }

    public static async Task<IResult> ListAsync(Caller caller, OrderEventStore store, string? status, string? limit, string? cursor, string? customerId)
    {
        if (!caller.IsOperator && (customerId is not null || caller.Subject is null)) return Problems.Forbidden("Only an operator asks for a customer's orders.").ToResult();
        if (status is not null && !OrderStatus.All.Contains(status)) return Problems.Invalid("status", $"one of {string.Join(", ", OrderStatus.All)}").ToResult();
        if (limit is not null && (!int.TryParse(limit, out var given) || given is < 1 or > 200)) return Problems.Invalid("limit", "1 to 200").ToResult();
        var before = long.MaxValue;
        if (cursor is not null && !long.TryParse(cursor, System.Globalization.NumberStyles.HexNumber, null, out before)) return Problems.Invalid("cursor", "not one that was given out").ToResult();

        var count = limit is null ? 50 : int.Parse(limit);
        var orders = await store.Read.PageAsync(before, count + 1, caller.IsOperator ? customerId : caller.Subject, status);
        return TypedResults.Ok(new Page([.. orders.Take(count).Select(o => o.State.View)], orders.Count > count ? orders[count - 1].Position.ToString("x") : null));
    }

    public static async Task<IResult> ListEventsAsync(string id, Caller caller, OrderEventStore store)
    {
        if (Visible(await store.FindAsync(id), caller) is null) return NoSuchOrder();
        return TypedResults.Ok(new Events([.. (await store.Read.EventsOfAsync(id)).Select(e =>
        {
            var data = JsonDocument.Parse(e.Data).RootElement;
            return new EventItem(e.Version, OrderEventNames.Type(e.Name), data.GetProperty("at").GetDateTimeOffset(), data);
        })]));
    }

    public static OrderState? Visible(OrderState? state, Caller caller) =>
        state is not null && (caller.IsOperator || (caller.Subject is not null && state.View.CustomerId == caller.Subject)) ? state : null;

    public static ProblemResult NoSuchOrder() => Problems.NotFound("There is no such order.").ToResult();

    private static TimeSpan? WaitOf(string? prefer)
    {
        var wait = prefer?.Split(',', ';').Select(part => part.Trim()).FirstOrDefault(part => part.StartsWith("wait=", StringComparison.OrdinalIgnoreCase));
        return wait is not null && int.TryParse(wait[5..], out var seconds) && seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, MaxWaitSeconds)) : null;
    }
}

using System.Globalization;
using System.Text.Json;
using Dapr;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.DeadLetters;

/// <summary>Dead letters for operators: look, replay, discard.</summary>
internal static class DeadLetterEndpoints
{
    public sealed record Item(string Id, string Subscriber, string EventId, string OrderId, string Error, int Attempts, DateTimeOffset At, string Status);

    public sealed record Whole(
        string Id, string Subscriber, string EventId, string OrderId, string Error, int Attempts, DateTimeOffset At, string Status, JsonElement Event, IReadOnlyList<Done> Acts);

    public sealed record Done(DateTimeOffset At, string By, string Act, string? Reason);

    public sealed record Page(IReadOnlyList<Item> Items, string? NextCursor);

    public static void MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        var letters = routes.MapGroup("/dead-letters").AddEndpointFilter(StoreAwayAsync);
        letters.MapGet("", ListAsync);
        letters.MapGet("/{id}", GetAsync);
        letters.MapPost("/{id}/replay", SettleDeadLetter.ReplayAsync);
        letters.MapPost("/{id}/discard", SettleDeadLetter.DiscardAsync);
    }

    public static Whole View(DeadLetter l) => new(
        l.Id, Channels.SubscriberOf(l.Channel), l.EventId, l.OrderId, l.Error, l.Attempts, l.At, l.Status, l.Event, [.. l.Acts.Select(act => new Done(act.At, act.By, act.Name, act.Reason))]);

    public static ProblemResult NotForYou() => Problems.Forbidden("Only an operator handles dead letters.").ToResult();

    public static ProblemResult NoSuchLetter() => Problems.NotFound("There is no such dead letter.").ToResult();

    private static async Task<IResult> ListAsync(Caller caller, DeadLetterStore store, string? limit, string? cursor, CancellationToken cancellation)
    {
        if (!caller.IsOperator) return NotForYou();
        var count = 50;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > 200)) return Problems.Invalid("limit", "1 to 200").ToResult();
        DeadLetterIndex.Place? after = null;
        if (cursor is not null && (after = Parse(cursor)) is null) return Problems.Invalid("cursor", "not one that was given out").ToResult();

        var (items, next) = await store.PageAsync(after, count, cancellation);
        return TypedResults.Ok(new Page(
            [.. items.Select(l => new Item(l.Id, Channels.SubscriberOf(l.Channel), l.EventId, l.OrderId, l.Error, l.Attempts, l.At, l.Status))], next is { } place ? $"{place.Leaf}-{place.Position}" : null));
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, DeadLetterStore store, CancellationToken cancellation) =>
        !caller.IsOperator ? NotForYou() : await store.FindAsync(id, cancellation) is { } letter ? TypedResults.Ok(View(letter)) : NoSuchLetter();

    private static async ValueTask<object?> StoreAwayAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (DaprException e)
        {
            throw new ProblemException(Problems.Unavailable("The store of dead letters is away; ask again."), e);
        }
    }

    private static DeadLetterIndex.Place? Parse(string cursor) =>
        cursor.Split('-') is [var leaf, var position]
        && int.TryParse(leaf, NumberStyles.None, CultureInfo.InvariantCulture, out var l) && int.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var p)
            ? new(l, p)
            : null;
}

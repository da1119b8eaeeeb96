namespace DaprOrders.PaymentProvider;

public sealed record OperationView(long Position, string Operation, string Reference, MoneyBody Amount, string Status, DateTimeOffset At);

public sealed record LedgerView(IReadOnlyList<OperationView> Operations, long? Next);

/// <summary>What really happened, for whoever reconciles: GET /ledger in pages, GET /operations/{key} for one.</summary>
internal static class LedgerEndpoints
{
    private const int MaxLimit = 10_000;

    public static void MapLedger(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/ledger", (Ledger ledger, string? reference, long after = 0, int limit = 1000) =>
        {
            if (limit is < 1 or > MaxLimit) return Results.Problem($"limit is 1 to {MaxLimit}", statusCode: 400);
            var page = ledger.Page(reference, after, limit);
            return Results.Ok(new LedgerView([.. page.Select(View)], page.Count == limit ? page[^1].Position : null));
        });
        routes.MapGet("/operations/{key}", async (string key, Ledger ledger) =>
            await ledger.FindAsync(Uri.UnescapeDataString(key)) is { } entry ? Results.Ok(View(entry)) : Results.NotFound());
    }

    private static OperationView View(Entry entry) => new(entry.Position, entry.Operation, entry.Reference, new MoneyBody(entry.Amount, entry.Currency), entry.Status, entry.At);
}

using DaprOrders.Contracts;
using DaprOrders.Payments.Ledger;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Payments.Features;

internal static class PaymentEndpoints
{
    private const int MaxBatch = 1000;

    public static void MapPayments(this IEndpointRouteBuilder routes)
    {
        foreach (var operation in new[] { "authorise", "capture", "void", "refund" })
        {
            routes.MapPost($"/payments/{operation}", async Task<IResult> (PaymentBatch batch, CarryOut carryOut) =>
                batch.Items.Count is < 1 or > MaxBatch ? Problems.Invalid("items", $"1 to {MaxBatch}").ToResult()
                : TypedResults.Ok(await carryOut.AllAsync(operation, batch)));
        }

        routes.MapPost("/internal/payments", async Task<IResult> (PaymentsQuery query, PaymentStore store) =>
            query.OrderIds.Count > MaxBatch ? Problems.Invalid("orderIds", $"at most {MaxBatch}").ToResult()
            : TypedResults.Ok(new PaymentRecords(await store.RecordsAsync(query.OrderIds))));
    }
}

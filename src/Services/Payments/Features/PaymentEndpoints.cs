using System.Text.Json;
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
            routes.MapPost($"/payments/{operation}", IResult (PaymentBatch batch, CarryOut carryOut) =>
                batch.Items.Count is < 1 or > MaxBatch ? Problems.Invalid("items", $"1 to {MaxBatch}").ToResult()
                : TypedResults.Stream(body => WriteAsync(carryOut.AllAsync(operation, batch), body), "application/x-ndjson"));
        }

        routes.MapPost("/internal/payments", async Task<IResult> (PaymentsQuery query, PaymentStore store) =>
            query.OrderIds.Count > MaxBatch ? Problems.Invalid("orderIds", $"at most {MaxBatch}").ToResult()
            : TypedResults.Ok(new PaymentRecords(await store.RecordsAsync(query.OrderIds))));
    }

    /// <summary>A line a group of outcomes, sent as it comes.</summary>
    private static async Task WriteAsync(IAsyncEnumerable<PaymentResults> groups, Stream body)
    {
        await foreach (var group in groups)
        {
            await body.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(group, Defaults.Json), (byte)'\n']);
            await body.FlushAsync();
        }
    }
}

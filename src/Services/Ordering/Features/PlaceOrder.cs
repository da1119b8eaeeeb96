using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Ordering.Catalogue;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.Features;

/// <summary>Intake: validate, price, ONE durable commit of order, first event, key and answer; then 202.</summary>
internal sealed class PlaceOrder(OrderEventStore store, Prices prices, Limits limits, Terms terms, OrderingOptions options, TimeProvider time)
{
    public sealed record Request(IReadOnlyList<Item> Items, string PaymentToken, string Currency, string? Note = null);

    public sealed record Item(string Sku, int Quantity);

    public sealed record Response(string OrderId, string Status, Money Total, DateTimeOffset AcceptedAt);

    private const long MaxTotal = 1_000_000_000_000_000;
    private readonly ConcurrentDictionary<string, bool> beingStored = new();

    /// <summary>Everything that the Gateway gathered in a moment; what cannot be placed is answered for itself.</summary>
    public async Task<PlaceResults> ManyAsync(PlaceBatch batch, CancellationToken cancellation) =>
        new(await Task.WhenAll(batch.Items.Select(command => OneAsync(command, cancellation))));

    private async Task<PlaceResult> OneAsync(PlaceCommand command, CancellationToken cancellation)
    {
        try
        {
            var (answer, problem) = await PlaceAsync(command, cancellation);
            return problem is null ? new PlaceResult(StatusCodes.Status202Accepted, answer!.Answer, answer.OrderId, !answer.IsNew) : Refuse(problem);
        }
        catch (ProblemException e)
        {
            return Refuse(e.Problem);
        }
    }

    private static PlaceResult Refuse(Problem problem) => new(problem.Status, JsonSerializer.SerializeToUtf8Bytes(problem, Defaults.Json), RetryAfter: problem.RetryAfter);

    /// <summary>The checks in the contract's order: body, key reuse, business.</summary>
    private async Task<(StoredAnswer? Answer, Problem? Problem)> PlaceAsync(PlaceCommand command, CancellationToken cancellation)
    {
        Request request;
        try
        {
            request = Body.Parse<Request>(command.Body);
        }
        catch (ProblemException e)
        {
            return (null, e.Problem);
        }

        if (PlaceOrderRules.Check(request) is { } invalid) return (null, invalid);
        var scopedKey = $"{command.CustomerId}\n/orders\n{command.Key}";
        var hash = Convert.ToHexString(SHA256.HashData(command.Body));
        var (answer, number) = await store.Read.AskAsync(scopedKey);
        terms.Follow(number);
        if (answer is { } before) return before.BodyHash == hash ? (before, null) : (null, Problems.KeyReused());
        if (!beingStored.TryAdd(scopedKey, true)) return (null, Problems.InFlight());
        try
        {
            return await StoreAsync(command, new Asked(scopedKey, hash), request, cancellation);
        }
        catch (HttpRequestException)
        {
            return (null, Problems.Unavailable("Prices cannot be had now; nothing was stored."));
        }
        finally
        {
            beingStored.TryRemove(scopedKey, out _);
        }
    }

    private async Task<(StoredAnswer?, Problem?)> StoreAsync(PlaceCommand command, Asked asked, Request request, CancellationToken cancellation)
    {
        var known = await prices.OfAsync([.. request.Items.Select(item => item.Sku)], cancellation);
        if (PlaceOrderRules.CheckPrices(request, known) is { } problem) return (null, problem);
        var lines = request.Items.Select(item => new OrderLine(item.Sku, known[item.Sku].Name, item.Quantity, known[item.Sku].Price)).ToList();
        var total = lines.Sum(line => (decimal)line.UnitPrice.Amount * line.Quantity);
        if (total > MaxTotal) return (null, Problems.Unprocessable("total-too-large", "Total too large", $"The total may be {MaxTotal} minor units at most."));

        var (order, accepted) = Accept(command, request, lines, new Money((long)total, request.Currency));
        var answer = JsonSerializer.SerializeToUtf8Bytes(new Response(order.View.OrderId, order.View.Status, order.View.Total, order.View.PlacedAt), Defaults.Json);
        var limit = await limits.OfAsync(command.CustomerId, cancellation);
        if (await store.PlaceAsync(asked, order, accepted, answer, limit) is not { } stored)
            return (null, Problems.Unprocessable("order-limit-exceeded", "Order limit exceeded", $"At most {limit} minor units may be open at once."));
        return stored.BodyHash == asked.BodyHash ? (stored, null) : (null, Problems.KeyReused());
    }

    private (OrderState Order, OrderEvent Accepted) Accept(PlaceCommand command, Request request, List<OrderLine> lines, Money total)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var accepted = new OrderEvent(Guid.CreateVersion7().ToString("N"), command.CustomerId, 1, now, OrderStatus.Accepted, null, "none", total, lines, request.Note);
        return (OrderFold.Accept(accepted, request.PaymentToken, total.Amount > options.ApprovalLimit) with { Trace = command.Trace }, accepted);
    }
}

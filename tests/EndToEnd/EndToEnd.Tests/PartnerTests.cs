using System.Text.Json;
using DaprOrders.Gateway.Grpc;
using MiniGrpc;
using Xunit;

namespace DaprOrders.EndToEnd;

/// <summary>Many orders at a time: the batch over HTTP, and the gRPC face.</summary>
[Collection(OpenShop.Name)]
public sealed class PartnerTests(RunningShop shop) : Buying(shop)
{
    private const string Service = "daprorders.v1.Orders";
    private static readonly GrpcMethod<PlaceRequest, PlaceReply> Place = new(MethodKind.Unary, Service, "Place", PlaceRequest.Parser, PlaceReply.Parser);
    private static readonly GrpcMethod<GetRequest, Order> Get = new(MethodKind.Unary, Service, "Get", GetRequest.Parser, Order.Parser);
    private static readonly GrpcMethod<CancelRequest, CancelReply> Cancel = new(MethodKind.Unary, Service, "Cancel", CancelRequest.Parser, CancelReply.Parser);
    private static readonly GrpcMethod<PlaceManyRequest, PlaceManyReply> PlaceMany = new(MethodKind.Duplex, Service, "PlaceMany", PlaceManyRequest.Parser, PlaceManyReply.Parser);

    [Fact]
    public async Task A_batch_answers_every_order_for_itself_and_again_the_same()
    {
        var sku = await ShelfAsync(10);
        var line = $$"""{"sku":"{{sku}}","quantity":1}""";
        var body = $$"""
            {"orders":[
              {"idempotencyKey":"b1-{{sku}}","items":[{{line}}],"paymentToken":"tok_visa_ok","currency":"EUR"},
              {"idempotencyKey":"b2-{{sku}}","items":[{"sku":"nobody-has-this","quantity":1}],"paymentToken":"tok_visa_ok","currency":"EUR"},
              {"items":[{{line}}],"paymentToken":"tok_visa_ok","currency":"EUR"},
              {"idempotencyKey":"b4-{{sku}}","items":[{{line}}],"paymentToken":"tok_visa_ok","currency":"EUR","typo":1}]}
            """;

        using var first = await SendAsync(HttpMethod.Post, "/orders/batch", body, null);
        using var second = await SendAsync(HttpMethod.Post, "/orders/batch", body, null);

        var results = JsonDocument.Parse(await first.Content.ReadAsStringAsync(Cancellation)).RootElement.GetProperty("results").EnumerateArray().ToList();
        Assert.Equal(200, (int)first.StatusCode);
        Assert.Equal([202, 422, 428, 400], results.Select(r => r.GetProperty("status").GetInt32()));
        Assert.Equal(["unknown-sku", "key-required", "invalid-request"], results.Skip(1).Select(r => r.GetProperty("problem").GetProperty("code").GetString()));
        var id = results[0].GetProperty("order").GetProperty("orderId").GetString();
        var again = JsonDocument.Parse(await second.Content.ReadAsStringAsync(Cancellation)).RootElement.GetProperty("results")[0];
        Assert.Equal(id, again.GetProperty("order").GetProperty("orderId").GetString());
        Assert.Equal("confirmed", (await EndAsync(id!)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task An_order_placed_over_grpc_is_confirmed_and_its_key_gives_it_again()
    {
        using var channel = new GrpcChannel(Shop.Grpc);
        var request = await OrderAsync("g1");

        var placed = await channel.UnaryAsync(Place, request, Options());
        var again = await channel.UnaryAsync(Place, request, Options());
        var order = await channel.UnaryAsync(Get, new GetRequest { OrderId = placed.OrderId, WaitSeconds = 30 }, Options());

        Assert.Equal((placed.OrderId, true, false), (again.OrderId, again.Replayed, placed.Replayed));
        Assert.Equal(("confirmed", "captured", 1400L, "EUR"), (order.Status, order.Payment.Status, order.Total.Amount, order.Total.Currency));
    }

    [Fact]
    public async Task A_stream_of_orders_is_answered_order_by_order()
    {
        using var channel = new GrpcChannel(Shop.Grpc);
        using var call = channel.Duplex(PlaceMany, Options());
        var sku = await ShelfAsync(1000);
        const int Orders = 400;
        for (ulong i = 1; i <= Orders; i++)
        {
            var order = Wish(sku, $"{sku}-{i}");
            if (i == 7) order.Items[0].Quantity = 0;
            await call.WriteAsync(new PlaceManyRequest { Sequence = i, Order = order }, flush: i % 50 == 0, Cancellation);
        }

        await call.CompleteAsync(Cancellation);
        var replies = new List<PlaceManyReply>();
        await foreach (var reply in call.ReadAllAsync(Cancellation)) replies.Add(reply);

        Assert.Equal(Enumerable.Range(1, Orders).Select(i => (ulong)i), replies.Select(r => r.Sequence).Order());
        Assert.Equal((400, "invalid-request"), (replies.Single(r => r.Sequence == 7).Problem.Status, replies.Single(r => r.Sequence == 7).Problem.Code));
        Assert.Equal(Orders - 1, replies.Where(r => r.Accepted is not null).Select(r => r.Accepted.OrderId).Distinct().Count());
        foreach (var reply in replies.Where(r => r.Accepted is not null).TakeLast(5)) Assert.Equal("confirmed", (await EndAsync(reply.Accepted.OrderId)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task What_is_refused_over_grpc_names_its_code()
    {
        using var channel = new GrpcChannel(Shop.Grpc);
        var keyless = await OrderAsync("");
        var placed = await channel.UnaryAsync(Place, await OrderAsync("g2"), Options());
        await EndAsync(placed.OrderId);

        await AssertRefusedAsync(StatusCode.Unauthenticated, "unauthenticated", () => channel.UnaryAsync(Place, keyless, new CallOptions { Cancellation = Cancellation }));
        await AssertRefusedAsync(StatusCode.InvalidArgument, "key-required", () => channel.UnaryAsync(Place, keyless, Options()));
        await AssertRefusedAsync(StatusCode.NotFound, "not-found", () => channel.UnaryAsync(Get, new GetRequest { OrderId = "nobody" }, Options()));
        await AssertRefusedAsync(StatusCode.FailedPrecondition, "wrong-state", () => channel.UnaryAsync(Cancel, new CancelRequest { OrderId = placed.OrderId }, Options()));
        await AssertRefusedAsync(StatusCode.FailedPrecondition, "unknown-sku", () => channel.UnaryAsync(Place, Wish("nobody-has-this", "g3"), Options()));
    }

    private static async Task AssertRefusedAsync<T>(StatusCode status, string code, Func<Task<T>> call)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal((status, code), (refused.StatusCode, refused.Trailers.Get("code")));
    }

    private CallOptions Options() => new() { Headers = new Metadata { { "authorization", $"Bearer {Shop.Customer}" } }, Timeout = TimeSpan.FromMinutes(3), Cancellation = Cancellation };

    private async Task<PlaceRequest> OrderAsync(string key) => Wish(await ShelfAsync(10), key.Length == 0 ? "" : $"{key}-{Guid.NewGuid():N}");

    private static PlaceRequest Wish(string sku, string key) => new()
    {
        IdempotencyKey = key, Items = { new Line { Sku = sku, Quantity = 2 } }, PaymentToken = "tok_visa_ok", Currency = "EUR",
    };
}

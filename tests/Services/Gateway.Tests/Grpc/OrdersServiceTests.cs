using DaprOrders.Gateway.Grpc;
using DaprOrders.Gateway.Tests.Running;
using DaprOrders.ServiceDefaults;
using MiniGrpc;
using Xunit;
using Problem = DaprOrders.ServiceDefaults.Problem;

namespace DaprOrders.Gateway.Tests.Grpc;

/// <summary>The gRPC face says what the HTTP face says.</summary>
public sealed class OrdersServiceTests(RunningGateway gateway) : IClassFixture<RunningGateway>
{
    private static readonly PlaceRequest Order = new()
    {
        IdempotencyKey = "g-1", Items = { new Line { Sku = "tea-100g", Quantity = 2 } }, PaymentToken = "tok_visa_ok", Currency = "EUR",
    };

    [Fact]
    public async Task An_order_reaches_Ordering_as_over_HTTP()
    {
        gateway.Sidecar.Forget();
        using var channel = new GrpcChannel(gateway.GrpcAddress);

        var placed = await channel.UnaryAsync(OrdersMethods.Place, Order, With(gateway.Customer("ann")));

        var command = Assert.Single(Assert.Single(gateway.Sidecar.Placings).Commands);
        Assert.Equal(("ann", "g-1", Some.Place), (command.CustomerId, command.Key, System.Text.Encoding.UTF8.GetString(command.Body)));
        Assert.Equal(("order-g-1", "accepted", 990L), (placed.OrderId, placed.Status, placed.Total.Amount));
    }

    public static TheoryData<int, string> Statuses => new()
    {
        { (int)StatusCode.NotFound, "not-found" }, { (int)StatusCode.FailedPrecondition, "wrong-state" }, { (int)StatusCode.Unavailable, "unavailable" }, { (int)StatusCode.Aborted, "in-flight" },
    };

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task A_problem_of_Ordering_has_its_status_and_its_code(int status, string code)
    {
        gateway.Sidecar.Forget();
        Problem[] known = [Problems.NotFound("none"), Problems.WrongState("confirmed"), Problems.Unavailable("away"), Problems.InFlight()];
        gateway.Sidecar.Answers(Reply.Of(known.Single(problem => problem.Code == code)));
        using var channel = new GrpcChannel(gateway.GrpcAddress);

        await MustRefuseAsync((StatusCode)status, code, channel.UnaryAsync(OrdersMethods.Cancel, new CancelRequest { OrderId = "order-1" }, With(gateway.Customer())));
    }

    [Fact]
    public async Task Who_may_not_is_refused_and_an_issuer_that_is_away_is_no_refusal()
    {
        gateway.Sidecar.Forget();
        using var channel = new GrpcChannel(gateway.GrpcAddress);

        await MustRefuseAsync(StatusCode.Unauthenticated, "unauthenticated", channel.UnaryAsync(OrdersMethods.Place, Order, With("garbled")));
        await MustRefuseAsync(StatusCode.PermissionDenied, "forbidden", channel.UnaryAsync(OrdersMethods.Place, Order, With(gateway.Operator())));
        gateway.Time.Advance(TimeSpan.FromSeconds(6));
        gateway.Issuer.Rotate();
        gateway.Issuer.IsThere = false;
        await MustRefuseAsync(StatusCode.Unavailable, "unavailable", channel.UnaryAsync(OrdersMethods.Place, Order, With(gateway.Customer())));
        gateway.Issuer.IsThere = true;

        Assert.Empty(gateway.Sidecar.Placings);
    }

    [Theory]
    [InlineData("..", "orders/-")]
    [InlineData(".", "orders/-")]
    [InlineData("", "orders/-")]
    [InlineData("../internal/orders", "orders/..%2Finternal%2Forders")]
    public async Task An_id_is_no_way_out_of_the_orders(string id, string asked)
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(Reply.Of(Problems.NotFound("There is no such order.")));
        using var channel = new GrpcChannel(gateway.GrpcAddress);

        await MustRefuseAsync(StatusCode.NotFound, "not-found", channel.UnaryAsync(OrdersMethods.Get, new GetRequest { OrderId = id }, With(gateway.Customer())));

        Assert.Equal(asked, gateway.Sidecar.Last.Target);
    }

    private static async Task MustRefuseAsync<T>(StatusCode status, string code, Task<T> call)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal((status, code), (refused.StatusCode, refused.Trailers.Get("code")));
    }

    private static CallOptions With(string token) =>
        new() { Headers = new Metadata { { "authorization", $"Bearer {token}" } }, Timeout = TimeSpan.FromSeconds(60), Cancellation = TestContext.Current.CancellationToken };
}

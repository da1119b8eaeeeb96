using MiniGrpc;

namespace DaprOrders.Gateway.Grpc;

/// <summary>daprorders.v1.Orders, method by method.</summary>
internal static class OrdersMethods
{
    private const string Service = "daprorders.v1.Orders";

    public static readonly GrpcMethod<PlaceRequest, PlaceReply> Place = new(MethodKind.Unary, Service, nameof(Place), PlaceRequest.Parser, PlaceReply.Parser);

    public static readonly GrpcMethod<GetRequest, Order> Get = new(MethodKind.Unary, Service, nameof(Get), GetRequest.Parser, Order.Parser);

    public static readonly GrpcMethod<CancelRequest, CancelReply> Cancel = new(MethodKind.Unary, Service, nameof(Cancel), CancelRequest.Parser, CancelReply.Parser);

    public static readonly GrpcMethod<PlaceManyRequest, PlaceManyReply> PlaceMany =
        new(MethodKind.Duplex, Service, nameof(PlaceMany), PlaceManyRequest.Parser, PlaceManyReply.Parser);
}

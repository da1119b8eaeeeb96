namespace MiniGrpc.Bench;

internal static class BenchMethods
{
    private const string Service = "minigrpc.bench.Bench";

    public static readonly GrpcMethod<Parcel, Parcel> Say = new(MethodKind.Unary, Service, nameof(Say), Parcel.Parser, Parcel.Parser);

    public static readonly GrpcMethod<Wish, Parcel> Pour =
        new(MethodKind.ServerStreaming, Service, nameof(Pour), Wish.Parser, Parcel.Parser);

    public static readonly GrpcMethod<Parcel, Wish> Gather =
        new(MethodKind.ClientStreaming, Service, nameof(Gather), Parcel.Parser, Wish.Parser);

    public static readonly GrpcMethod<Parcel, Parcel> Chat = new(MethodKind.Duplex, Service, nameof(Chat), Parcel.Parser, Parcel.Parser);
}

namespace MiniGrpc.Tests.Echo;

internal static class EchoMethods
{
    private const string Service = "minigrpc.echo.Echo";

    public static readonly GrpcMethod<Ask, Reply> Say = new(MethodKind.Unary, Service, nameof(Say), Ask.Parser, Reply.Parser);

    public static readonly GrpcMethod<Ask, Reply> Expand =
        new(MethodKind.ServerStreaming, Service, nameof(Expand), Ask.Parser, Reply.Parser);

    public static readonly GrpcMethod<Ask, Reply> Collect =
        new(MethodKind.ClientStreaming, Service, nameof(Collect), Ask.Parser, Reply.Parser);

    public static readonly GrpcMethod<Ask, Reply> Chat = new(MethodKind.Duplex, Service, nameof(Chat), Ask.Parser, Reply.Parser);
}

using Google.Protobuf;

namespace MiniGrpc;

public enum MethodKind
{
    Unary,
    ServerStreaming,
    ClientStreaming,
    Duplex,
}

/// <summary>
/// One method of a service: its path and how to read its messages. Declared once, in a static table, and used by client and server.
/// </summary>
public sealed class GrpcMethod<TRequest, TResponse>(
    MethodKind kind, string service, string name, MessageParser<TRequest> requestParser, MessageParser<TResponse> responseParser)
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    public MethodKind Kind { get; } = kind;

    public string Service { get; } = service;

    public string Name { get; } = name;

    public string Path { get; } = $"/{service}/{name}";

    public MessageParser<TRequest> RequestParser { get; } = requestParser;

    public MessageParser<TResponse> ResponseParser { get; } = responseParser;
}

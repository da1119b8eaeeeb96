using Google.Protobuf;

namespace MiniGrpc;

/// <summary>Which side of a call is a stream.</summary>
public enum MethodKind
{
    Unary,
    ServerStreaming,
    ClientStreaming,
    Duplex,
}

/// <summary>One method of a gRPC service: its path on the wire and how to read its messages. Immutable; share one instance.</summary>
public sealed class GrpcMethod<TRequest, TResponse>(
    MethodKind kind,
    string service,
    string name,
    MessageParser<TRequest> requestParser,
    MessageParser<TResponse> responseParser)
    where TRequest : IMessage<TRequest>
    where TResponse : IMessage<TResponse>
{
    public MethodKind Kind { get; } = kind;

    public string Service { get; } = service;

    public string Name { get; } = name;

    /// <summary>The HTTP/2 path, "/service/name".</summary>
    public string Path { get; } = $"/{service}/{name}";

    public MessageParser<TRequest> RequestParser { get; } = requestParser;

    public MessageParser<TResponse> ResponseParser { get; } = responseParser;
}

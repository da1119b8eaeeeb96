using Google.Protobuf;

namespace MiniGrpc;

public sealed record UnaryAnswer<T>(T Message, Metadata Headers, Metadata Trailers)
    where T : class, IMessage<T>;

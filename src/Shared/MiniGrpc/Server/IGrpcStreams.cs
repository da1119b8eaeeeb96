using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;

namespace MiniGrpc;

/// <summary>The requests of a streaming call. One reader at a time.</summary>
public interface IGrpcReader<T>
    where T : class, IMessage<T>
{
    /// <summary>The next message, or (false, null) once the client has completed its side.</summary>
    ValueTask<(bool More, T? Message)> ReadAsync(CancellationToken cancellation = default);

    /// <summary>Takes a message that has arrived already; false says nothing about the end of the stream.</summary>
    bool TryRead([NotNullWhen(true)] out T? message);

    IAsyncEnumerable<T> ReadAllAsync(CancellationToken cancellation = default);
}

/// <summary>The responses of a streaming call. One writer at a time.</summary>
public interface IGrpcWriter<T>
    where T : class, IMessage<T>
{
    /// <summary>
    /// Without <paramref name="flush"/> the message may wait for the next flushed one, so that many leave together; what is still
    /// unflushed when the handler returns is sent then. A flush waits while the client does not read.
    /// </summary>
    ValueTask WriteAsync(T message, bool flush = true, CancellationToken cancellation = default);
}

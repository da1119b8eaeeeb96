using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using MiniGrpc.Client;

namespace MiniGrpc;

/// <summary>One request, many responses. One reader at a time; disposing cancels what is not finished.</summary>
public sealed class ServerStreamingCall<TResponse> : IDisposable
    where TResponse : class, IMessage<TResponse>
{
    private readonly ResponseStream<TResponse> _responses;
    private TResponse? _current;

    internal ServerStreamingCall(ResponseStream<TResponse> responses) => _responses = responses;

    public TResponse Current => _current ?? throw new InvalidOperationException("There is no message yet, or no more.");

    public Task<Metadata> Headers => _responses.HeadersAsync();

    /// <summary>Complete once the last message has been read.</summary>
    public Metadata Trailers => _responses.Trailers;

    /// <summary>False at the end of an OK call; any other end throws.</summary>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellation = default)
    {
        (var more, _current) = await _responses.ReadAsync(cancellation).ConfigureAwait(false);
        return more;
    }

    /// <summary>Takes a message that has arrived already.</summary>
    public bool TryRead([NotNullWhen(true)] out TResponse? message) => _responses.TryRead(out message);

    public IAsyncEnumerable<TResponse> ReadAllAsync(CancellationToken cancellation = default) => _responses.ReadAllAsync(cancellation);

    public void Dispose() => _responses.Dispose();
}

/// <summary>Many requests, one response. One writer at a time; disposing cancels what is not finished.</summary>
public sealed class ClientStreamingCall<TRequest, TResponse> : IDisposable
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    private readonly StreamContent<TRequest> _requests;
    private readonly ResponseStream<TResponse> _responses;

    internal ClientStreamingCall(StreamContent<TRequest> requests, ResponseStream<TResponse> responses)
    {
        _requests = requests;
        _responses = responses;
    }

    public Task<Metadata> Headers => _responses.HeadersAsync();

    public Metadata Trailers => _responses.Trailers;

    /// <summary>Waits for the receiver's window. If the server has ended the call already, throws the status it ended with.</summary>
    public async ValueTask WriteAsync(TRequest message, bool flush = true, CancellationToken cancellation = default)
    {
        try
        {
            await _requests.WriteAsync(message, flush, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (CallErrors.IsTransport(e, cancellation))
        {
            await _responses.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            throw _responses.Translate(e);
        }
    }

    public async Task<TResponse> CompleteAsync(CancellationToken cancellation = default)
    {
        try
        {
            await _requests.CompleteAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (CallErrors.IsTransport(e, cancellation))
        {
            // The server did not want to read on: its status, or its answer, is what counts.
            _requests.Abort(e);
        }

        var (more, message) = await _responses.ReadAsync(cancellation).ConfigureAwait(false);
        if (more && (await _responses.ReadAsync(cancellation).ConfigureAwait(false)).More)
        {
            throw new RpcException(StatusCode.Internal, "The server answered a client-streaming call with more than one message.");
        }

        return message ?? throw new RpcException(StatusCode.Internal, "The server answered OK without a message.");
    }

    public void Dispose()
    {
        _responses.Dispose();
        _requests.Abort(new ObjectDisposedException(GetType().Name));
    }
}

/// <summary>Both sides stream. One writer and one reader at a time, which may be different threads; disposing cancels.</summary>
public sealed class DuplexCall<TRequest, TResponse> : IDisposable
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    private readonly StreamContent<TRequest> _requests;
    private readonly ResponseStream<TResponse> _responses;

    internal DuplexCall(StreamContent<TRequest> requests, ResponseStream<TResponse> responses)
    {
        _requests = requests;
        _responses = responses;
    }

    /// <summary>The server's headers, once it has sent them: at its first message unless it sends them by themselves.</summary>
    public Task<Metadata> Headers => _responses.HeadersAsync();

    public Metadata Trailers => _responses.Trailers;

    /// <summary>
    /// Without <paramref name="flush"/> the message may wait for the next flushed one, so that many leave together.
    /// Waits for the receiver's window. A failure here says only that the stream is broken; reading tells the status.
    /// </summary>
    public async ValueTask WriteAsync(TRequest message, bool flush = true, CancellationToken cancellation = default)
    {
        try
        {
            await _requests.WriteAsync(message, flush, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (CallErrors.IsTransport(e, cancellation))
        {
            throw _responses.Translate(e);
        }
    }

    /// <summary>Ends this side; the server may go on answering.</summary>
    public async Task CompleteAsync(CancellationToken cancellation = default)
    {
        try
        {
            await _requests.CompleteAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (CallErrors.IsTransport(e, cancellation))
        {
            throw _responses.Translate(e);
        }
    }

    public ValueTask<(bool More, TResponse? Message)> ReadAsync(CancellationToken cancellation = default) =>
        _responses.ReadAsync(cancellation);

    /// <summary>Takes a message that has arrived already.</summary>
    public bool TryRead([NotNullWhen(true)] out TResponse? message) => _responses.TryRead(out message);

    public IAsyncEnumerable<TResponse> ReadAllAsync(CancellationToken cancellation = default) => _responses.ReadAllAsync(cancellation);

    public void Dispose()
    {
        _responses.Dispose();
        _requests.Abort(new ObjectDisposedException(GetType().Name));
    }
}

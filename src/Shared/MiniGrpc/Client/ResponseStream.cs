using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using MiniGrpc.Framing;

namespace MiniGrpc.Client;

/// <summary>The receiving half of a streaming call, and its lifetime. One reader at a time.</summary>
internal sealed class ResponseStream<T> : IDisposable
    where T : class, IMessage<T>
{
    private static readonly StreamPipeReaderOptions PipeOptions = new(bufferSize: 32 * 1024, minimumReadSize: 4096, leaveOpen: true);

    private readonly GrpcChannel _channel;
    private readonly MessageParser<T> _parser;
    private readonly CallScope _scope;
    private readonly Task<HttpResponseMessage> _response;
    private readonly CancellationTokenRegistration _abort;
    private volatile HttpResponseMessage? _started;
    private PipeReader? _body;
    private FrameReader<T>? _reader;
    private volatile Exception? _failure;
    private int _disposed;
    private bool _ended;

    public ResponseStream(GrpcChannel channel, MessageParser<T> parser, CallStart start)
    {
        _channel = channel;
        _parser = parser;
        _scope = new(start.Options, channel.Options.TimeProvider, alwaysCancellable: true);
        _response = StartAsync(start);
        // Who only writes, or disposes early, never looks at it.
        _ = _response.ContinueWith(
            static failed => _ = failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        // Cancelling the token no longer reaches a call whose headers have arrived; disposing the response resets its stream.
        _abort = _scope.Token.UnsafeRegister(static state => ((ResponseStream<T>)state!).Reset(), this);
    }

    public Metadata Trailers { get; private set; } = [];

    public async Task<Metadata> HeadersAsync()
    {
        var response = await _response.ConfigureAwait(false);
        return ResponseStatus.ToMetadata(response.Headers);
    }

    public bool TryRead([NotNullWhen(true)] out T? message)
    {
        message = null;
        try
        {
            return !_ended && _reader is not null && _reader.TryRead(out message);
        }
        catch (RpcException e)
        {
            Fail(e);
            throw;
        }
    }

    public ValueTask<(bool More, T? Message)> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            return TryRead(out var message) ? new((true, message)) : WaitAndReadAsync(cancellation);
        }
        catch (RpcException e)
        {
            return ValueTask.FromException<(bool, T?)>(e);
        }
    }

    public async IAsyncEnumerable<T> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (await ReadAsync(cancellation).ConfigureAwait(false) is (true, { } message))
        {
            yield return message;
        }
    }

    /// <summary>What a failed write means: the status that the call has ended with, if that is known already.</summary>
    public Exception Translate(Exception failure) => _failure ?? _scope.Translate(failure);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        if (!_ended)
        {
            _scope.Cancel();
        }

        _abort.Dispose();
        Reset();
        _scope.Dispose();
    }

    private async Task<HttpResponseMessage> StartAsync(CallStart start)
    {
        try
        {
            var response = await _channel.SendAsync(start.Path, start.Content, start.Options, _scope.Token).ConfigureAwait(false);
            // Stored before the token is looked at, as Reset looks after it is cancelled: one of the two ends the response.
            _started = response;
            Interlocked.MemoryBarrier();
            if (_scope.Token.IsCancellationRequested)
            {
                response.Dispose();
                _scope.Token.ThrowIfCancellationRequested();
            }

            return response;
        }
        catch (RpcException e)
        {
            start.Failed?.Invoke(e);
            throw;
        }
        catch (Exception e) when (CallErrors.IsTransport(e))
        {
            var translated = _scope.Translate(e);
            start.Failed?.Invoke(translated);
            throw translated;
        }
    }

    private async ValueTask<(bool More, T? Message)> WaitAndReadAsync(CancellationToken cancellation)
    {
        if (_ended)
        {
            return _failure is null ? (false, null) : throw _failure;
        }

        try
        {
            if (_reader is null)
            {
                var response = await _response.WaitAsync(cancellation).ConfigureAwait(false);
                var body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
                _body = PipeReader.Create(body, PipeOptions);
                _reader = new(_body, _parser, ResponseStatus.IsGzip(response), _channel.Options.MaxReceiveMessageBytes);
            }

            var next = await _reader.ReadAsync(cancellation).ConfigureAwait(false);
            if (!next.More)
            {
                End(_started!, _reader);
            }

            return next;
        }
        catch (RpcException e)
        {
            Fail(e);
            throw;
        }
        catch (Exception e) when (CallErrors.IsTransport(e, cancellation))
        {
            Fail(_scope.Translate(e));
            throw _failure!;
        }
    }

    private void End(HttpResponseMessage response, FrameReader<T> reader)
    {
        Trailers = ResponseStatus.ToMetadata(response.TrailingHeaders);
        // The server's own word for what went wrong comes before ours.
        ResponseStatus.ThrowIfFailed(response);
        reader.ThrowIfTruncated();
        _ended = true;
        _body!.Complete();
    }

    private void Fail(Exception failure)
    {
        _ended = true;
        _failure = failure;
        _body?.Complete();
        Reset();
    }

    private void Reset() => _started?.Dispose();
}

/// <summary>What a streaming call begins with.</summary>
/// <param name="Failed">Told when the call failed before its response began, so that writers do not wait for ever.</param>
internal readonly record struct CallStart(string Path, HttpContent Content, CallOptions Options, Action<Exception>? Failed = null);

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
    private FrameReader<T>? _reader;
    private RpcException? _failure;
    private int _disposed;
    private bool _ended;

    public ResponseStream(GrpcChannel channel, string path, MessageParser<T> parser, HttpContent content, CallOptions options)
    {
        _channel = channel;
        _parser = parser;
        _scope = new(options, channel.Options.TimeProvider, alwaysCancellable: true);
        _response = StartAsync(path, content, options);
        // Cancelling the token no longer reaches a call whose headers have arrived; disposing the response resets its stream.
        _abort = _scope.Token.UnsafeRegister(static state => ((ResponseStream<T>)state!).Reset(), this);
    }

    /// <summary>Told when the call failed before its response began, so that writers do not wait for ever.</summary>
    public Action<Exception>? FailedToStart { get; set; }

    public CancellationToken Token => _scope.Token;

    public Metadata Trailers { get; private set; } = [];

    public async Task<Metadata> HeadersAsync()
    {
        var response = await _response.ConfigureAwait(false);
        return ResponseStatus.ToMetadata(response.Headers);
    }

    public bool TryRead([NotNullWhen(true)] out T? message)
    {
        message = null;
        return !_ended && _reader is not null && _reader.TryRead(out message);
    }

    public ValueTask<(bool More, T? Message)> ReadAsync(CancellationToken cancellation) =>
        TryRead(out var message) ? new((true, message)) : WaitAndReadAsync(cancellation);

    public async IAsyncEnumerable<T> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (await ReadAsync(cancellation).ConfigureAwait(false) is (true, { } message))
        {
            yield return message;
        }
    }

    public Exception Translate(Exception failure) => _scope.Translate(failure);

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

    private async Task<HttpResponseMessage> StartAsync(string path, HttpContent content, CallOptions options)
    {
        // Connecting must not run on the caller's stack: the call object has to exist before its failure is told.
        await Task.Yield();
        try
        {
            return await _channel.SendAsync(path, content, options, _scope.Token).ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            FailedToStart?.Invoke(e);
            throw;
        }
        catch (Exception e) when (CallErrors.IsTransport(e))
        {
            var translated = _scope.Translate(e);
            FailedToStart?.Invoke(translated);
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
                _reader = new(
                    PipeReader.Create(body, PipeOptions), _parser, ResponseStatus.IsGzip(response), _channel.Options.MaxReceiveMessageBytes);
            }

            var next = await _reader.ReadAsync(cancellation).ConfigureAwait(false);
            if (!next.More)
            {
                End();
            }

            return next;
        }
        catch (RpcException e)
        {
            _ended = true;
            _failure = e;
            Reset();
            throw;
        }
        catch (Exception e) when (CallErrors.IsTransport(e) && !cancellation.IsCancellationRequested)
        {
            throw _scope.Translate(e);
        }
    }

    private void End()
    {
        _ended = true;
        var trailers = _response.Result.TrailingHeaders;
        Trailers = ResponseStatus.ToMetadata(trailers);
        // A trailers-only answer has its status, which was OK, in the headers.
        if (trailers.NonValidated.Count > 0 || !_response.Result.Headers.NonValidated.Contains(Wire.GrpcHeaders.Status))
        {
            ResponseStatus.ThrowIfFailed(trailers);
        }
    }

    private void Reset()
    {
        if (_response.IsCompletedSuccessfully)
        {
            _response.Result.Dispose();
        }
    }
}

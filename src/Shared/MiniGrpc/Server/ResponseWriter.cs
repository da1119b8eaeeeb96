using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using MiniGrpc.Framing;

namespace MiniGrpc.Server;

/// <summary>Disposed when the handler has ended, however it did.</summary>
internal sealed class ResponseWriter<T>(ServerCall call, int maxBytes) : IGrpcWriter<T>, IDisposable
    where T : class, IMessage<T>
{
    // Unflushed messages gather up to here; beyond, they are flushed, which waits for the client.
    private const int GatherBytes = 32 * 1024;

    private readonly HttpResponse _response = call.Http.Response;
    private readonly PipeWriter _body = call.Http.Response.BodyWriter;

    // Kestrel takes two locks for every piece it is given, so that small messages are given to it together.
    private PooledBuffer? _gathered;

    public ValueTask WriteAsync(T message, bool flush = true, CancellationToken cancellation = default)
    {
        // Kestrel copies once more what is written before the headers are produced.
        var started = _response.HasStarted ? Task.CompletedTask : _response.StartAsync(cancellation);
        return started.IsCompletedSuccessfully ? WriteStartedAsync(message, flush, cancellation) : StartAndWriteAsync(started);

        async ValueTask StartAndWriteAsync(Task starting)
        {
            await starting.ConfigureAwait(false);
            await WriteStartedAsync(message, flush, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The only message of an answer: it leaves with the status that follows it.</summary>
    public async ValueTask WriteSingleAsync(T message)
    {
        if (!_response.HasStarted)
        {
            await _response.StartAsync(CancellationToken.None).ConfigureAwait(false);
        }

        Frame.Write(_body, message, call.ResponseGzip, maxBytes);
    }

    /// <summary>What is gathered still belongs to the answer and goes before its status.</summary>
    public void Dispose()
    {
        HandOn();
        _gathered?.Dispose();
        _gathered = null;
    }

    private ValueTask WriteStartedAsync(T message, bool flush, CancellationToken cancellation)
    {
        if (flush && _gathered is not { Length: > 0 })
        {
            Frame.Write(_body, message, call.ResponseGzip, maxBytes);
            return FlushAsync(cancellation);
        }

        _gathered ??= new(4096);
        Frame.Write(_gathered, message, call.ResponseGzip, maxBytes);
        if (!flush && _gathered.Length < GatherBytes)
        {
            return ValueTask.CompletedTask;
        }

        HandOn();
        return FlushAsync(cancellation);
    }

    private void HandOn()
    {
        if (_gathered is { Length: > 0 })
        {
            _body.Write(_gathered.Written.Span);
            _gathered.Clear();
        }
    }

    private ValueTask FlushAsync(CancellationToken cancellation)
    {
        if (!call.EndsWith(cancellation))
        {
            return FlushUntilDeadlineAsync(cancellation);
        }

        var flushing = _body.FlushAsync(cancellation.CanBeCanceled ? cancellation : call.Cancellation);
        if (!flushing.IsCompletedSuccessfully)
        {
            return WaitAsync(flushing);
        }

        var done = flushing.Result;
        return done.IsCompleted ? WaitAsync(ValueTask.FromResult(done)) : ValueTask.CompletedTask;
    }

    private async ValueTask FlushUntilDeadlineAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, call.Cancellation);
        await WaitAsync(_body.FlushAsync(either.Token)).ConfigureAwait(false);
    }

    private static async ValueTask WaitAsync(ValueTask<FlushResult> flushing)
    {
        var result = await flushing.ConfigureAwait(false);
        if (result.IsCompleted || result.IsCanceled)
        {
            throw new OperationCanceledException("The client no longer reads.");
        }
    }
}

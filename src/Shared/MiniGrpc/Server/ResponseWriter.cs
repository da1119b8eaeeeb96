using System.IO.Pipelines;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using MiniGrpc.Framing;

namespace MiniGrpc.Server;

internal sealed class ResponseWriter<T>(ServerCall call, int maxBytes) : IGrpcWriter<T>
    where T : class, IMessage<T>
{
    // Unflushed messages gather up to here; beyond, they are flushed, which waits for the client.
    private const int GatherBytes = 32 * 1024;

    private readonly HttpResponse _response = call.Http.Response;
    private readonly PipeWriter _body = call.Http.Response.BodyWriter;
    private long _unflushed;

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

    private ValueTask WriteStartedAsync(T message, bool flush, CancellationToken cancellation)
    {
        var counter = new CountingWriter(_body);
        Frame.Write(counter, message, call.ResponseGzip, maxBytes);
        _unflushed += counter.Written;
        return flush || _unflushed >= GatherBytes ? FlushAsync(cancellation) : ValueTask.CompletedTask;
    }

    private ValueTask FlushAsync(CancellationToken cancellation)
    {
        _unflushed = 0;
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

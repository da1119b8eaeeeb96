namespace MiniGrpc;

/// <summary>
/// The body of a request that is passed on while it arrives. Whoever passes it on disposes of it before the request is answered for good: a
/// peer may answer before it has read everything, and its client would go on reading. Kestrel gives the same pipe to a later request, which
/// then finds a reader in it (or loses what that one takes). One reader at a time; disposing is thread-safe and waits for it.
/// </summary>
public sealed class ArrivingStream(Stream source) : Stream
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _over = new();
    private TaskCompletionSource? _reading;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">It was disposed of, or the caller gave up.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _over.Token.ThrowIfCancellationRequested();
            _reading = reading;
        }

        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _over.Token);
            return await source.ReadAsync(buffer, either.Token).ConfigureAwait(false);
        }
        finally
        {
            reading.SetResult();
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A request's body is read asynchronously.");

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Ends a read that is under way, and returns when it has ended; there are no further ones.</summary>
    public override async ValueTask DisposeAsync()
    {
        Task reading;
        lock (_gate)
        {
            _over.Cancel();
            reading = _reading?.Task ?? Task.CompletedTask;
        }

        await reading.ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Ends a read that is under way without waiting for it.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _over.Cancel();
        base.Dispose(disposing);
    }
}

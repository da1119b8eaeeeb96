namespace MiniGrpc;

/// <summary>
/// What a caller may set for one call. A call past its <see cref="Timeout"/> ends with DEADLINE_EXCEEDED at both ends;
/// a cancelled <see cref="Cancellation"/> resets the stream and throws <see cref="OperationCanceledException"/>.
/// </summary>
public readonly record struct CallOptions
{
    public Metadata? Headers { get; init; }

    public TimeSpan? Timeout { get; init; }

    public CancellationToken Cancellation { get; init; }

    /// <summary>Compress the messages this side sends.</summary>
    public bool Gzip { get; init; }
}

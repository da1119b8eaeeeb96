namespace MiniGrpc;

/// <summary>Options of every method an application maps (configure them as <c>IOptions</c>).</summary>
public sealed class GrpcServerOptions
{
    public int MaxReceiveMessageBytes { get; set; } = GrpcChannelOptions.DefaultMaxMessageBytes;

    public int MaxSendMessageBytes { get; set; } = GrpcChannelOptions.DefaultMaxMessageBytes;

    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>
    /// Ends the calls that are open with UNAVAILABLE, on which clients call again. Cancel it before the server is stopped for good: what is
    /// still open then is cut off without a status. Of the server's options alone; a method's limits need not repeat it.
    /// </summary>
    public CancellationToken Stopping { get; set; }

    /// <summary>
    /// Cancel it when what the handlers work with begins to end, before <see cref="Stopping"/>: calls go on, and those that fail for it (cancelled,
    /// or with something disposed) are UNAVAILABLE as well. Of the server's options alone.
    /// </summary>
    public CancellationToken Ending { get; set; }
}

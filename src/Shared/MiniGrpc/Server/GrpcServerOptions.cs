namespace MiniGrpc;

/// <summary>Options of every method an application maps (configure them as <c>IOptions</c>).</summary>
public sealed class GrpcServerOptions
{
    public int MaxReceiveMessageBytes { get; set; } = GrpcChannelOptions.DefaultMaxMessageBytes;

    public int MaxSendMessageBytes { get; set; } = GrpcChannelOptions.DefaultMaxMessageBytes;

    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}

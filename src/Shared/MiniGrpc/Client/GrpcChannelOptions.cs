using System.Net.Security;

namespace MiniGrpc;

public sealed class GrpcChannelOptions
{
    public const int DefaultMaxMessageBytes = 4 * 1024 * 1024;

    public int MaxReceiveMessageBytes { get; init; } = DefaultMaxMessageBytes;

    public int MaxSendMessageBytes { get; init; } = DefaultMaxMessageBytes;

    /// <summary>
    /// How long a connection with calls in progress may be silent before it is pinged, and is given up after
    /// <see cref="KeepAlivePingTimeout"/>. Stock gRPC servers refuse pings more often than every five minutes unless told otherwise.
    /// </summary>
    public TimeSpan KeepAlivePingDelay { get; init; } = TimeSpan.FromMinutes(5);

    public TimeSpan KeepAlivePingTimeout { get; init; } = TimeSpan.FromSeconds(20);

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Sent with every call, before the call's own headers.</summary>
    public Metadata? Headers { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>For https: whom to trust, and the client's own certificate. Null = what the machine trusts.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>
    /// Replaces the connection handler (in-memory test servers); the channel does not dispose it, and the options of connections say
    /// nothing to it.
    /// </summary>
    public HttpMessageHandler? Handler { get; init; }
}

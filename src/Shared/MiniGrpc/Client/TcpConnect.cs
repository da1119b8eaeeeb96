using System.Net;
using System.Net.Http;
using System.Net.Sockets;

namespace MiniGrpc;

/// <summary>
/// How HTTP connections are opened. Of a server that dies the moment it is connected to, HttpClient lets a bare
/// <see cref="SocketException"/> through, which no caller expects: it asks for the address of a peer that has gone. Asked for here, the address
/// is kept, and the failure is an <see cref="HttpRequestException"/> as any other.
/// </summary>
public static class TcpConnect
{
    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    public static ValueTask<Stream> OpenAsync(SocketsHttpConnectionContext connection, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return OpenAsync(socket => socket.ConnectAsync(connection.DnsEndPoint, cancellation));
    }

    /// <summary>To the first of the addresses that answers, for a callback that resolves names itself.</summary>
    public static ValueTask<Stream> OpenAsync(IPAddress[] addresses, int port, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        return OpenAsync(socket => socket.ConnectAsync(addresses, port, cancellation));
    }

    private static async ValueTask<Stream> OpenAsync(Func<Socket, ValueTask> connect)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await connect(socket).ConfigureAwait(false);
            _ = socket.RemoteEndPoint;
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

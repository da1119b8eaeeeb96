using System.Net;
using MiniGrpc;

namespace DaprOrders.ServiceDefaults;

/// <summary>
/// Where every HTTP client of a service comes from that does not come from the SDK: of a peer that dies while it is connected to, an
/// <see cref="HttpRequestException"/> as of any other failure, never a bare SocketException (<see cref="TcpConnect"/>).
/// </summary>
public static class OutgoingHttp
{
    /// <summary>A handler with nothing set but how it connects.</summary>
    public static SocketsHttpHandler Handler() => new() { ConnectCallback = TcpConnect.OpenAsync };

    /// <summary>A handler for the sidecar of this process, which is on this machine and knows what to repeat.</summary>
    public static SocketsHttpHandler ToSidecar() => new() { ConnectCallback = TcpConnect.OpenAsync, UseProxy = false, UseCookies = false, AllowAutoRedirect = false };

    /// <summary>For a handler whose callback looks at the addresses first.</summary>
    public static ValueTask<Stream> ConnectAsync(IPAddress[] addresses, int port, CancellationToken cancellation) => TcpConnect.OpenAsync(addresses, port, cancellation);
}

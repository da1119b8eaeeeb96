using System.Net;
using System.Net.Sockets;

namespace MiniGrpc.Tests.Connection;

/// <summary>Takes every connection and resets it, as the kernel does for a process that is killed with connections in its listener.</summary>
internal sealed class DyingServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public DyingServer()
    {
        _listener.Start();
        _ = ResetAllAsync();
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    public void Dispose() => _listener.Dispose();

    /// <summary>Ends with the listener.</summary>
    private async Task ResetAllAsync()
    {
        try
        {
            while (true)
            {
                using var connection = await _listener.AcceptSocketAsync();
                connection.LingerState = new LingerOption(enable: true, seconds: 0);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Disposed of.
        }
    }
}

using System.Net;
using System.Net.Sockets;

namespace LocalDapr.Cli.Run;

/// <summary>Ports nobody listens on, all different.</summary>
internal static class FreePort
{
    public static IReadOnlyList<int> Take(int count)
    {
        // All are held before the first is given back, so that none comes twice.
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        try
        {
            return [.. listeners.Select(listener =>
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            })];
        }
        finally
        {
            foreach (var listener in listeners) listener.Dispose();
        }
    }
}

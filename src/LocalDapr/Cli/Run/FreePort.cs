using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace LocalDapr.Cli.Run;

/// <summary>
/// Ports nobody listens on, all different. They lie below those that the system gives to outgoing connections: one of those would be taken again
/// before its app is there to listen on it, and the app could never start. None is given twice by one process: the one who got it first may not listen yet.
/// Thread-safe.
/// </summary>
internal static class FreePort
{
    private const int Lowest = 10_240;
    private const int DefaultHighest = 32_767;
    private const int MostTries = 10_000;

    private static readonly ConcurrentDictionary<int, byte> given = new();

    public static IReadOnlyList<int> Take(int count)
    {
        var highest = HighestOf("/proc/sys/net/ipv4/ip_local_port_range");
        var listeners = new List<TcpListener>(); // all are held before the first is given back, so that none comes twice
        try
        {
            for (var i = 0; listeners.Count < count; i++)
            {
                if (i == MostTries) throw new IOException($"No {count} free ports between {Lowest} and {highest} were found in {MostTries} tries.");
                var port = Random.Shared.Next(Lowest, highest + 1);
                if (TryListen(port) is not { } listener) continue;
                if (given.TryAdd(port, 0)) listeners.Add(listener);
                else listener.Dispose();
            }

            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in listeners) listener.Dispose();
        }
    }

    private static TcpListener? TryListen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }

    /// <summary>The port below the first that Linux gives to outgoing connections; elsewhere, or where nothing is left below, its default.</summary>
    private static int HighestOf(string range) =>
        File.Exists(range) && int.TryParse(File.ReadAllText(range).Split('\t', ' ')[0], out var first) && first > Lowest + 1000 ? first - 1 : DefaultHighest;
}

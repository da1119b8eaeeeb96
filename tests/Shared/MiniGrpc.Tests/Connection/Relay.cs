using System.Net;
using System.Net.Sockets;

namespace MiniGrpc.Tests.Connection;

/// <summary>A TCP relay in front of a server that can go dead without closing anything, as a network does that loses its packets.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _port;
    private readonly List<Task> _work = [];
    private volatile CancellationTokenSource _alive = new();
    private int _fromClient;
    private int _connections;

    public Relay(Uri server)
    {
        _port = server.Port;
        _listener.Start();
        Address = new($"{server.Scheme}://{_listener.LocalEndpoint}");
        _work.Add(AcceptAsync());
    }

    public Uri Address { get; }

    /// <summary>How many pieces the clients have sent.</summary>
    public int FromClient => Volatile.Read(ref _fromClient);

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>From now on the connections there are carry nothing; new ones do.</summary>
    public void GoDead() => Interlocked.Exchange(ref _alive, new()).Cancel();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await Task.WhenAll(_work);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                Interlocked.Increment(ref _connections);
                lock (_work)
                {
                    _work.Add(ServeAsync(client, _alive.Token));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The relay ends.
        }
    }

    private async Task ServeAsync(TcpClient client, CancellationToken dead)
    {
        using var server = new TcpClient();
        using (client)
        {
            await server.ConnectAsync(IPAddress.Loopback, _port);
            var (near, far) = (client.GetStream(), server.GetStream());
            await Task.WhenAny(PassAsync(near, far, counted: true, dead), PassAsync(far, near, counted: false, dead));
        }
    }

    private async Task PassAsync(NetworkStream from, NetworkStream to, bool counted, CancellationToken dead)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await from.ReadAsync(buffer, _end.Token)) > 0;)
            {
                if (counted)
                {
                    Interlocked.Increment(ref _fromClient);
                }

                if (!dead.IsCancellationRequested)
                {
                    await to.WriteAsync(buffer.AsMemory(0, read), _end.Token);
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One end has gone.
        }
    }
}

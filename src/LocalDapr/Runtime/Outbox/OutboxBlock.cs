using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.PubSub;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Outbox;

/// <summary>Publishes what transactions have stored. It has no API of its own.</summary>
internal sealed partial class OutboxBlock(Sidecar sidecar) : IBuildingBlock, IDisposable
{
    /// <summary>How long an event that another process left may stay unseen.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly ILogger _log = sidecar.NewLog("outbox");
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<StoreOutbox, Task> _relays = [];
    private bool _started;

    public void MapHttp(IEndpointRouteBuilder http)
    {
        // Transactions of the state API are its only way in.
    }

    public void MapGrpc(IEndpointRouteBuilder grpc)
    {
        // As over HTTP.
    }

    public ValueTask StartAsync(CancellationToken cancellation)
    {
        _started = true;
        return ReloadAsync(cancellation);
    }

    // The relay of a store that is gone goes on: what its transactions stored is still to be published.
    public ValueTask ReloadAsync(CancellationToken cancellation)
    {
        if (!_started) return ValueTask.CompletedTask;
        foreach (var outbox in sidecar.State.Outboxes)
            if (!_relays.ContainsKey(outbox))
                _relays[outbox] = RelayAsync(outbox);
        return ValueTask.CompletedTask;
    }

    public async ValueTask StopAsync(CancellationToken cancellation)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_relays.Values).WaitAsync(cancellation);
    }

    public void Dispose() => _stopping.Dispose();

    // Ends with the stop. An event leaves the table only when it is durable in the log: at least once.
    private async Task RelayAsync(StoreOutbox outbox)
    {
        while (!_stopping.IsCancellationRequested)
        {
            var news = outbox.Stored.Next;
            try
            {
                while (await PublishAsync(outbox)) _stopping.Token.ThrowIfCancellationRequested();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception error) when (error is DaprError or Microsoft.Data.Sqlite.SqliteException)
            {
                LogNotPublished(_log, outbox.Target.PubSub, outbox.Target.Topic, error.Message);
                news = new TaskCompletionSource().Task; // new events would only fail as well: look again after a pause
            }
            await news.WaitAsync(Poll, sidecar.Host.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> PublishAsync(StoreOutbox outbox)
    {
        var events = await outbox.Table.ClaimAsync();
        var components = sidecar.Block<PubSubBlock>().Components;
        foreach (var group in events.GroupBy(e => e.Target))
        {
            await components.AppendReadyAsync(group.Key.PubSub, group.Key.Topic, [.. group.Select(e => e.Event)], _stopping.Token);
            await outbox.Table.RemoveAsync([.. group.Select(e => e.Id)]);
        }
        return events.Count > 0;
    }

    [LoggerMessage(EventId = 4501, Level = LogLevel.Warning, Message = "Events of an outbox wait for {PubSub}/{Topic}: {Reason}")]
    private static partial void LogNotPublished(ILogger logger, string pubSub, string topic, string reason);
}

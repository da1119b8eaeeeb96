using System.Diagnostics;
using System.Text.Json;
using DaprOrders.Notifications.DeadLetters;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.Webhooks;

/// <summary>
/// Sends what the journal holds. Per order one lane, told in the order of its events; per customer a few lanes at a time, so that one who is slow waits
/// for himself only; pauses between tries take no place. Ends with the host, which leaves the rest in the journal. Safe for concurrent use.
/// </summary>
internal sealed partial class WebhookQueue(
    WebhookJournal journal, SendWebhook send, DeadLetterStore deadLetters, GivingUp givingUp, TimeProvider time, ILogger<WebhookQueue> log) : BackgroundService
{
    public const int MostOfACustomer = 2_000, MostOfAll = 20_000;
    private const int LanesAtATime = 4;
    private static readonly TimeSpan StoreIsAway = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private readonly Dictionary<string, Customer> customers = []; // gate
    private readonly HashSet<Task> lanes = []; // gate
    private CancellationToken stop = new(canceled: true);
    private int waiting; // gate

    /// <summary>How many more events of this customer may wait; what is above is not even tried.</summary>
    public int RoomFor(string customerId)
    {
        lock (gate) return MostOfACustomer - (customers.TryGetValue(customerId, out var customer) ? customer.Waiting : 0);
    }

    /// <summary>Durable when this returns. Throws when no more can wait here; then the bus keeps it.</summary>
    public async Task AcceptAsync(IReadOnlyList<Telling> tellings, CancellationToken cancellation)
    {
        lock (gate)
        {
            if (waiting + tellings.Count > MostOfAll) throw new InvalidOperationException("Too many webhooks wait for their customers.");
        }

        Enqueue(await journal.AcceptAsync(tellings, cancellation));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        stop = stoppingToken;
        using var timer = new PeriodicTimer(journal.LookAround, time);
        try
        {
            do
            {
                try
                {
                    await journal.RenewAsync(stoppingToken);
                    Enqueue(await journal.TakeOverAsync(stoppingToken));
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    JournalAway(log, e.Message);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end of the host.
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Task[] running;
        lock (gate) running = [.. lanes];
        await Task.WhenAll(running).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await journal.LetGoAsync(cancellationToken);
        }
        catch (Exception e)
        {
            JournalAway(log, e.Message); // the lease runs out by itself
        }
    }

    private void Enqueue(IReadOnlyList<Telling> tellings)
    {
        var since = time.GetTimestamp();
        lock (gate)
        {
            foreach (var telling in tellings)
            {
                if (!customers.TryGetValue(telling.CustomerId, out var customer)) customers[telling.CustomerId] = customer = new Customer();
                waiting++;
                customer.Waiting++;
                if (customer.Lanes.TryGetValue(telling.OrderId, out var lane))
                {
                    lane.Enqueue((telling, since));
                    continue;
                }

                customer.Lanes[telling.OrderId] = new Queue<(Telling, long)>([(telling, since)]);
                Task running;
                using (ExecutionContext.SuppressFlow()) running = RunLaneAsync(telling.CustomerId, customer, telling.OrderId); // a lane outlives the request that began it
                lanes.Add(running);
                _ = running.ContinueWith(ended => Ended(ended), TaskScheduler.Default);
            }
        }
    }

    private void Ended(Task lane)
    {
        lock (gate) lanes.Remove(lane);
        if (lane.Exception is { } fault) LaneFailed(log, fault);
    }

    private async Task RunLaneAsync(string customerId, Customer customer, string orderId)
    {
        await Task.Yield(); // begun under the gate
        while (true)
        {
            (Telling Telling, long Since) next;
            lock (gate) next = customer.Lanes[orderId].Peek();
            if (!await TellAsync(next.Telling, next.Since, customer.Slots)) return; // the host ends
            lock (gate)
            {
                waiting--;
                customer.Waiting--;
                customer.Lanes[orderId].Dequeue();
                if (customer.Lanes[orderId].Count > 0) continue;
                customer.Lanes.Remove(orderId);
                if (customer.Lanes.Count == 0) customers.Remove(customerId);
                return;
            }
        }
    }

    private async Task<bool> TellAsync(Telling telling, long since, SemaphoreSlim slots)
    {
        try
        {
            for (var tries = 1; ; tries++)
            {
                var failure = await TryAsync(telling, slots);
                if (failure is null) break;
                if (!failure.IsFinal && givingUp.PauseAfter(tries, time.GetElapsedTime(since)) is { } pause)
                {
                    await Task.Delay(pause, time, stop);
                    continue;
                }

                using var cloudEvent = JsonDocument.Parse(telling.Body!);
                await SurelyAsync(() => deadLetters.KeepAsync(Channels.Webhook, cloudEvent.RootElement, new Failure(failure.Error, tries), stop));
                break;
            }

            await SurelyAsync(() => journal.SettleAsync(telling, stop));
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<WebhookFailure?> TryAsync(Telling telling, SemaphoreSlim slots)
    {
        await slots.WaitAsync(stop);
        using var span = TopicDelivery.Continue(telling.Trace, "tell webhook", telling.EventId);
        try
        {
            var failure = await send.TryAsync(telling.CustomerId, telling.Body!, stop);
            if (failure is not null) span?.SetStatus(ActivityStatusCode.Error, failure.Error);
            return failure;
        }
        finally
        {
            slots.Release();
        }
    }

    /// <summary>A store that is away must not make a told event told again, so this one waits for it.</summary>
    private async Task SurelyAsync(Func<Task> write)
    {
        while (true)
        {
            try
            {
                await write();
                return;
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                JournalAway(log, e.Message);
                await Task.Delay(StoreIsAway, time, stop);
            }
        }
    }

    private sealed class Customer
    {
        public int Waiting { get; set; }

        public Dictionary<string, Queue<(Telling, long)>> Lanes { get; } = [];

        public SemaphoreSlim Slots { get; } = new(LanesAtATime);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The journal of webhooks is away: {Reason}")]
    private static partial void JournalAway(ILogger logger, string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "A lane of webhooks failed; what it held is sent after the next start")]
    private static partial void LaneFailed(ILogger logger, Exception fault);
}

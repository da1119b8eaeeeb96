using System.Diagnostics.Metrics;
using Dapr.Workflow;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using DaprOrders.Ordering.Telemetry;

namespace DaprOrders.Ordering.Saga;

/// <summary>
/// An accepted order comes to an end, its stock and money with it, and a refund that was promised is made, also when the saga does not end: one that was
/// terminated or purged, that failed, or whose engine lost its state, is started again from its first step. Every step is idempotent by the order, so what was
/// done is found done, and no step goes forward once an undo has begun (docs/adr/0015). One process looks, at the orders that have stood still for a while.
/// Ends with the service.
/// </summary>
internal sealed partial class SagaWatch : BackgroundService
{
    private const int PageSize = 200, AtATime = 8;
    private static readonly string[] Losses = ["missing", "failed", "terminated", "completed"];
    private static readonly string[] Sagas = ["order", "refund"];
    private readonly OrderEventStore store;
    private readonly Shares shares;
    private readonly DaprWorkflowClient workflows;
    private readonly SagaStarts starts;
    private readonly TimeSpan standsStill;
    private readonly TimeProvider time;
    private readonly ILogger<SagaWatch> log;
    private readonly Counter<long> restarted;

    public SagaWatch(
        OrderEventStore store, Shares shares, DaprWorkflowClient workflows, SagaStarts starts, OrderingOptions options, TimeProvider time, IMeterFactory meters, ILogger<SagaWatch> log)
    {
        (this.store, this.shares, this.workflows, this.starts, this.time, this.log) = (store, shares, workflows, starts, time, log);
        standsStill = options.SagaLostAfter;
        restarted = meters.Create(OrderMetrics.MeterName).CreateCounter<long>("daprorders.sagas.restarted", "{saga}", "Sagas of open orders and refunds that were gone and were started again, by what had become of them.");
        foreach (var saga in Sagas)
        foreach (var loss in Losses) Count(0, saga, loss); // shown as 0 from the start: an alert on growth must see the first one
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (standsStill <= TimeSpan.Zero) return;
        using var timer = new PeriodicTimer(standsStill, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (shares.IsFirst) await LookAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                NotLooked(log, e.Message);
            }
        }
    }

    /// <summary>Null while it lives, or waits for somebody; else what became of it.</summary>
    public static string? LossOf(bool exists, WorkflowRuntimeStatus status) => (exists, status) switch
    {
        (false, _) => "missing",
        (_, WorkflowRuntimeStatus.Failed) => "failed",
        (_, WorkflowRuntimeStatus.Terminated or WorkflowRuntimeStatus.Canceled) => "terminated",
        (_, WorkflowRuntimeStatus.Completed) => "completed",
        _ => null,
    };

    /// <summary>An order that needs a saga and has not moved for so long; of one that moves the saga is at work.</summary>
    public static bool IsToBeLookedAt(OrderState order, DateTimeOffset now, TimeSpan standsStill) => order.IsUnderWay && now - order.View.UpdatedAt >= standsStill;

    /// <summary>Whether what was found out about the saga of this order, as it was then, is still true of it as it is now.</summary>
    public static bool IsStillSo(OrderState then, OrderState? now) => now is { IsUnderWay: true } && now.View.Version == then.View.Version && SagaStarts.InstanceOf(now) == SagaStarts.InstanceOf(then);

    private async Task LookAsync(CancellationToken cancellation)
    {
        foreach (var status in OrderStatus.Open)
            await LookAsync(long.MaxValue, before => store.Read.PageAsync(before, PageSize, customerId: null, status), last => last.Position, cancellation);
        await LookAsync("", after => store.Read.RefundsAsync(after, PageSize), last => last.State.View.OrderId, cancellation);
    }

    private async Task LookAsync<T>(T from, Func<T, Task<IReadOnlyList<PlacedOrder>>> read, Func<PlacedOrder, T> next, CancellationToken cancellation)
    {
        for (var page = await read(from); page.Count > 0; page = page.Count < PageSize ? [] : await read(next(page[^1])))
        {
            var now = time.GetUtcNow();
            await Parallel.ForEachAsync(page.Select(placed => placed.State).Where(order => IsToBeLookedAt(order, now, standsStill)),
                new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellation }, async (order, ct) => await LookAsync(order, ct));
        }
    }

    private async Task LookAsync(OrderState order, CancellationToken cancellation)
    {
        var saga = await workflows.GetWorkflowStateAsync(SagaStarts.InstanceOf(order), getInputsAndOutputs: false, cancellation);
        if (LossOf(saga is { Exists: true }, saga?.RuntimeStatus ?? WorkflowRuntimeStatus.Unknown) is not { } loss) return;
        var now = await store.FindAsync(order.View.OrderId); // it may have come to its end since it was read
        if (!IsStillSo(order, now)) return;
        await starts.StartAsync(now!, cancellation);
        Count(1, now!.IsRefunding ? "refund" : "order", loss);
        Restarted(log, SagaStarts.InstanceOf(now), loss);
    }

    private void Count(long sagas, string saga, string loss) => restarted.Add(sagas, new("saga", saga), new KeyValuePair<string, object?>("was", loss));

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The saga {InstanceId} ended before its order: {Loss}; it is started again from its first step")]
    private static partial void Restarted(ILogger logger, string instanceId, string loss);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "It could not be seen whether open orders have their sagas, looking again later: {Reason}")]
    private static partial void NotLooked(ILogger logger, string reason);
}

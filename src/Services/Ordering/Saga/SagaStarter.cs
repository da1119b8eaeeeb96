using System.Threading.Channels;
using Dapr.Workflow;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.Saga;

/// <summary>
/// Starts the saga of every accepted order: at once when it is hinted, else from the store, so that a crash between the commit and the start loses
/// nothing. An order whose saga runs already is only marked; one that is finished is never started again.
/// </summary>
internal sealed partial class SagaStarter(OrderEventStore store, DaprWorkflowClient workflows, OrderingOptions options, ILogger<SagaStarter> log) : BackgroundService
{
    private const int BatchSize = 256;
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(2);
    private readonly Channel<OrderState> hints = Channel.CreateBounded<OrderState>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>May be dropped when there are too many: the sweep finds the order.</summary>
    public void Hint(OrderState order) => hints.Writer.TryWrite(order);

    /// <summary>Ends with the service.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SweepAsync(stoppingToken);
                await FollowHintsAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                StartFailed(log, e.Message);
                await Task.Delay(500, stoppingToken);
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        while (store.NotStarted(BatchSize) is { Count: > 0 } orders) await StartAsync(orders, cancellation);
    }

    private async Task FollowHintsAsync(CancellationToken cancellation)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(SweepEvery);
        var batch = new List<OrderState>();
        try
        {
            while (await hints.Reader.WaitToReadAsync(timer.Token))
            {
                while (batch.Count < BatchSize && hints.Reader.TryRead(out var order)) batch.Add(order);
                await StartAsync(batch, cancellation);
                batch.Clear();
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Time to sweep.
        }
    }

    private async Task StartAsync(IReadOnlyList<OrderState> orders, CancellationToken cancellation)
    {
        await Task.WhenAll(orders.Select(order => StartOneAsync(order, cancellation)));
        await store.SetStartedAsync([.. orders.Select(order => order.View.OrderId)]);
    }

    private async Task StartOneAsync(OrderState hint, CancellationToken cancellation)
    {
        var order = store.Find(hint.View.OrderId)!;
        if (order.Events.Count > 1) return; // its saga has been at work: it is running or done
        try
        {
            await workflows.ScheduleNewWorkflowAsync(
                nameof(OrderSaga), order.View.OrderId, new OrderSaga.Input(order.NeedsApproval, options.ApprovalTimeout), startTime: (DateTimeOffset?)null, cancellation);
        }
        catch (Exception e) when (e.Message.Contains("already exists", StringComparison.OrdinalIgnoreCase))
        {
            // An earlier start did it and died before it could say so.
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Sagas could not be started, trying again: {Reason}")]
    private static partial void StartFailed(ILogger logger, string reason);
}

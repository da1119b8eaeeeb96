using System.Diagnostics;
using Dapr.Workflow;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Telemetry;

namespace DaprOrders.Ordering.Saga;

/// <summary>
/// Tells the workflow engine what the event store's commits decided: a saga to start, a decision that one waits for, a retry. A command stays in the
/// store until the engine has taken it, so a crash, or an engine that is away, loses none; one that is given twice, also by two processes, changes nothing.
/// </summary>
internal sealed partial class SagaDispatcher(
    OrderEventStore store, Shares shares, DaprWorkflowClient workflows, SagaStarts starts, TimeProvider time, ILogger<SagaDispatcher> log)
    : BackgroundService
{
    private const int BatchSize = 256;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Ends with the service.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (position, round) = (0L, time.GetTimestamp()); // what is not behind the position has failed in this round
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var commit = store.Commands.Next; // taken before reading: a commit in between is not missed
                var commands = await store.Read.CommandsAsync(shares.Owned, position, BatchSize);
                // At the end of a round what failed is tried again, also while new commands never cease.
                var isOver = commands.Count < BatchSize && time.GetElapsedTime(round) >= Pause;
                if (commands.Count == 0) await commit.WithinAsync(Pause, time, stoppingToken);
                else if (await CarryOutAsync(commands, stoppingToken) < commands.Count) position = commands[^1].Id; // what was taken is gone, and a commit that comes late may have a lower id
                if (isOver) (position, round) = (0, time.GetTimestamp());
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                CommandsFailed(log, e.Message);
                await Task.Delay(Pause, stoppingToken);
            }
        }
    }

    /// <summary>How many the engine has taken.</summary>
    private async Task<int> CarryOutAsync(IReadOnlyList<SagaCommand> commands, CancellationToken cancellation)
    {
        var done = await Task.WhenAll(commands.GroupBy(command => command.OrderId).Select(order => InOrderAsync([.. order], cancellation)));
        var taken = done.SelectMany(some => some).ToList();
        if (taken.Count > 0) await store.SetCarriedOutAsync(taken);
        return taken.Count;
    }

    /// <summary>An order's commands one after the other; those that the engine has taken.</summary>
    private async Task<List<SagaCommand>> InOrderAsync(IReadOnlyList<SagaCommand> commands, CancellationToken cancellation)
    {
        var taken = new List<SagaCommand>(1);
        foreach (var command in commands)
        {
            try
            {
                await CarryOutAsync(command, cancellation);
                taken.Add(command);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                CommandFailed(log, command.Act, command.OrderId, e.Message);
                break;
            }
        }

        return taken;
    }

    private async Task CarryOutAsync(SagaCommand command, CancellationToken cancellation)
    {
        var order = (await store.FindAsync(command.OrderId))!;
        using var trace = Continue(order.Trace, command.Act);
        switch (command.Act)
        {
            case SagaCommand.Start when order.Events.Count == 1: // else its saga has been at work: it is running or done
                await starts.StartAsync(order, cancellation);
                break;
            case SagaCommand.Decided when !order.IsTerminal:
                await workflows.RaiseEventAsync(command.OrderId, OrderSaga.DecisionEvent, "decided", cancellation);
                break;
            case SagaCommand.Retry when !order.IsTerminal:
                await workflows.RaiseEventAsync(SagaStarts.InstanceOf(order), UndoSteps.RetryEvent, "retry", cancellation);
                break;
            case SagaCommand.Refund when order.IsRefunding:
            case SagaCommand.Resume when order.IsUnderWay:
                await starts.StartAsync(order, cancellation);
                break;
        }
    }

    /// <summary>The saga goes on in the customer's trace, also where nobody here looks at it.</summary>
    private static Activity? Continue(string? trace, string act) =>
        trace is null ? null
        : ActivityContext.TryParse(trace, null, isRemote: true, out var order) && OrderTraces.Source.StartActivity($"saga {act}", ActivityKind.Internal, order) is { } span ? span
        : new Activity($"saga {act}").SetParentId(trace).Start();

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Commands for sagas wait in the store: {Reason}")]
    private static partial void CommandsFailed(ILogger logger, string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "The command {Act} for the saga of {OrderId} is given again later: {Reason}")]
    private static partial void CommandFailed(ILogger logger, string act, string orderId, string reason);
}

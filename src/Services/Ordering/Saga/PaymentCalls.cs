using DaprOrders.Contracts;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.Saga;

/// <summary>
/// Payments, invoked for many orders at a time: one call an operation for what arrives together. Outcomes come one by one, so an order whose
/// payment takes long holds up no other.
/// </summary>
internal sealed class PaymentCalls : IAsyncDisposable
{
    private static readonly string[] Operations = ["authorise", "capture", "void", "refund"];
    private readonly Invocation invoke;
    private readonly Dictionary<string, MicroBatch<Asked, bool>> batches;

    public PaymentCalls(Invocation invoke)
    {
        this.invoke = invoke;
        // A call is open for as long as its slowest payment, hence many at a time.
        batches = Operations.ToDictionary(
            operation => operation, operation => new MicroBatch<Asked, bool>(items => CallAsync(operation, items), spacing: TimeSpan.FromMilliseconds(10), parallel: 128, name: $"{operation} payments of orders"));
    }

    /// <summary>Throws while there is no certain outcome; the step is then tried again with the same key.</summary>
    public async Task<PaymentOutcome> CallAsync(string operation, OrderState order, string? token = null)
    {
        var key = $"{order.View.OrderId}/{operation}";
        var asked = new Asked(new PaymentCommand(order.View.OrderId, key, order.View.Total, token));
        var call = batches[operation].AddAsync(asked);
        await await Task.WhenAny(asked.Task, call);
        if (!asked.Task.IsCompleted || asked.Task.Result.Status == "unavailable") throw new PaymentPendingException($"{operation} of {order.View.OrderId} has no outcome yet.");
        return asked.Task.Result;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var batch in batches.Values) await batch.DisposeAsync();
    }

    private async Task<IReadOnlyList<bool>> CallAsync(string operation, IReadOnlyList<Asked> items)
    {
        var open = items.ToLookup(item => item.Command.OrderId);
        var batch = new PaymentBatch([.. items.Select(item => item.Command)]);
        await foreach (var results in invoke.PostForManyAsync<PaymentResults>(Apps.Payments, $"payments/{operation}", batch, CancellationToken.None))
            foreach (var outcome in results.Items)
                foreach (var item in open[outcome.OrderId]) item.TrySetResult(outcome);
        return [.. items.Select(item => item.Task.IsCompleted)];
    }

    /// <summary>One who waits for the outcome of a command.</summary>
    private sealed class Asked(PaymentCommand command) : TaskCompletionSource<PaymentOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public PaymentCommand Command => command;
    }
}

internal sealed class PaymentPendingException(string message) : Exception(message);

using DaprOrders.Contracts;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.Saga;

/// <summary>Payments, invoked for many orders at a time: one call an operation for what arrives within a window.</summary>
internal sealed class PaymentCalls : IAsyncDisposable
{
    private static readonly string[] Operations = ["authorise", "capture", "void", "refund"];
    private readonly Invocation invoke;
    private readonly Dictionary<string, MicroBatch<PaymentCommand, PaymentOutcome>> batches;

    public PaymentCalls(Invocation invoke)
    {
        this.invoke = invoke;
        batches = Operations.ToDictionary(
            operation => operation, operation => new MicroBatch<PaymentCommand, PaymentOutcome>(items => CallAsync(operation, items), window: TimeSpan.FromMilliseconds(5), parallel: 8));
    }

    /// <summary>Throws while there is no certain outcome; the step is then tried again with the same key.</summary>
    public async Task<PaymentOutcome> CallAsync(string operation, OrderState order, string? token = null)
    {
        var key = $"{order.View.OrderId}/{operation}";
        var outcome = await batches[operation].AddAsync(new PaymentCommand(order.View.OrderId, key, order.View.Total, token));
        return outcome.Status == "unavailable" ? throw new PaymentPendingException($"{operation} of {order.View.OrderId} has no outcome yet.") : outcome;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var batch in batches.Values) await batch.DisposeAsync();
    }

    private async Task<IReadOnlyList<PaymentOutcome>> CallAsync(string operation, IReadOnlyList<PaymentCommand> items)
    {
        var results = await invoke.PostAsync<PaymentResults>(Apps.Payments, $"payments/{operation}", new PaymentBatch(items), CancellationToken.None);
        return results.Items;
    }
}

internal sealed class PaymentPendingException(string message) : Exception(message);

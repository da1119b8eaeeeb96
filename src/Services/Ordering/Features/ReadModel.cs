using DaprOrders.Ordering.EventStore;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.Features;

/// <summary>The read model, compared with the events and rebuilt from them, one at a time.</summary>
internal sealed class ReadModel(OrderEventStore store) : IDisposable
{
    private readonly OrderEventStore store = store;
    private readonly SemaphoreSlim one = new(1, 1);

    public static Task<IResult> VerifyAsync(Caller caller, ReadModel model, CancellationToken cancellation) =>
        model.RunAsync(caller, () => Task.Run(model.store.VerifyAsync, cancellation), cancellation);

    public static Task<IResult> RebuildAsync(Caller caller, ReadModel model, CancellationToken cancellation) => model.RunAsync(caller, model.store.RebuildAsync, cancellation);

    public void Dispose() => one.Dispose();

    private async Task<IResult> RunAsync(Caller caller, Func<Task<Comparison>> run, CancellationToken cancellation)
    {
        if (!caller.IsOperator) return Problems.Forbidden("Only an operator looks after the read model.").ToResult();
        await one.WaitAsync(cancellation);
        try
        {
            return TypedResults.Ok(await run());
        }
        finally
        {
            one.Release();
        }
    }
}

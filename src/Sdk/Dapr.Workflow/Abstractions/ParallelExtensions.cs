namespace Dapr.Workflow;

/// <summary>Fan-out with a bound.</summary>
public static class ParallelExtensions
{
    /// <summary>Runs the factory for every input, at most <paramref name="maxConcurrency"/> at a time; results in the order of the inputs.</summary>
    /// <exception cref="AggregateException">Some failed; the rest was still run.</exception>
    public static async Task<TResult[]> ProcessInParallelAsync<TInput, TResult>(
        this WorkflowContext context,
        IEnumerable<TInput> inputs,
        Func<TInput, Task<TResult>> taskFactory,
        int maxConcurrency = 5)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(taskFactory);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrency, 1);
        var all = inputs.ToArray();
        var results = new TResult[all.Length];
        var failures = new List<Exception>();
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(maxConcurrency, all.Length)).Select(_ => TakeAsync()));
        return failures.Count == 0 ? results : throw new AggregateException(failures);

        async Task TakeAsync()
        {
            while (next < all.Length)
            {
                var index = next++;
                try
                {
                    results[index] = await taskFactory(all[index]);
                }
                catch (Exception failure)
                {
                    failures.Add(failure);
                }
            }
        }
    }
}

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>Runs reconciliations one at a time and remembers the last verdict. Safe for concurrent use.</summary>
internal sealed class Audit(Sources sources, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim one = new(1, 1);
    private volatile Verdict? last;

    /// <summary>Null before the first.</summary>
    public Verdict? Last => last;

    /// <summary>The last verdict when it is fresh, else a new one.</summary>
    public async Task<Verdict> SoFarAsync(CancellationToken cancellation) =>
        last is { } verdict && time.GetUtcNow() - verdict.AsOf < Fresh ? verdict : await RunAsync(cancellation);

    /// <summary>
    /// A full reconciliation. The books are read one after the other while the shop goes on, so a finding counts only when a second reading,
    /// begun after the first, finds it too.
    /// </summary>
    public async Task<Verdict> RunAsync(CancellationToken cancellation)
    {
        await one.WaitAsync(cancellation);
        try
        {
            var verdict = Reconcile.Judge(await sources.ReadAsync(cancellation), time.GetUtcNow());
            if (!verdict.Consistent) verdict = Reconcile.Judge(await sources.ReadAsync(cancellation), time.GetUtcNow());
            last = verdict;
            return verdict;
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();
}

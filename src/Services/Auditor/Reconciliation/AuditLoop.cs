using System.Diagnostics.Metrics;
using DaprOrders.Auditor.Saved;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>
/// Follows the books every AUDIT_EVERY_SECONDS (30; 0 for never), so that somebody is told who did not ask and an answer is never far behind; and reads
/// them anew from their first page every AUDIT_FULL_EVERY_SECONDS (6 hours; 0 for never). The books are saved every AUDIT_SAVE_EVERY_SECONDS (30; 0 for never).
/// What was found last is there as metrics.
/// </summary>
internal sealed partial class AuditLoop : BackgroundService
{
    public const string MeterName = "DaprOrders.Auditor";
    private readonly Audit audit;
    private readonly TimeProvider time;
    private readonly TimeSpan every, fullEvery, saveEvery;
    private readonly DateTimeOffset started;
    private readonly ILogger<AuditLoop> log;

    public AuditLoop(Audit audit, TimeProvider time, IConfiguration configuration, IMeterFactory meters, ILogger<AuditLoop> log)
    {
        (this.audit, this.time, this.log) = (audit, time, log);
        started = time.GetUtcNow();
        every = TimeSpan.FromSeconds(configuration.GetValue("AUDIT_EVERY_SECONDS", 30.0));
        fullEvery = TimeSpan.FromSeconds(configuration.GetValue("AUDIT_FULL_EVERY_SECONDS", 21_600.0));
        saveEvery = TimeSpan.FromSeconds(configuration.GetValue("AUDIT_SAVE_EVERY_SECONDS", 30.0));
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("daprorders.audit.findings", Findings, "{finding}", "What the last audit found, by kind; none of it may ever be above 0.");
        meter.CreateObservableGauge("daprorders.audit.age", Age, "s", "Since the last audit that could read all books; since the start when it should have been and was not.");
    }

    /// <summary>Ends with the service.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (every <= TimeSpan.Zero) return;
        using var timer = new PeriodicTimer(every, time);
        var (full, saved) = (time.GetTimestamp(), (long?)null);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var isFull = fullEvery > TimeSpan.Zero && time.GetElapsedTime(full) >= fullEvery;
                if (isFull) full = time.GetTimestamp();
                await (isFull ? audit.RunAsync(stoppingToken) : audit.FollowAsync());
                if (saveEvery <= TimeSpan.Zero || (saved is { } at && time.GetElapsedTime(at) < saveEvery)) continue;
                saved = time.GetTimestamp();
                await audit.SaveAsync(stoppingToken);
            }
            catch (BooksNotSavedException e) when (!stoppingToken.IsCancellationRequested)
            {
                NotSaved(log, e.Message);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                AuditFailed(log, e.Message); // a book that cannot be read now; the age tells when that lasts
            }
        }
    }

    private IEnumerable<Measurement<long>> Findings() => audit.Last is not { } verdict ? [] :
    [
        new(verdict.Lost, new KeyValuePair<string, object?>("kind", "lost")), new(verdict.Duplicated, new KeyValuePair<string, object?>("kind", "duplicated")),
        new(verdict.MoneyMismatch, new KeyValuePair<string, object?>("kind", "money")), new(verdict.StockMismatch, new KeyValuePair<string, object?>("kind", "stock")),
    ];

    private IEnumerable<Measurement<double>> Age() => (audit.Last?.AsOf ?? (every > TimeSpan.Zero ? started : null)) is { } since ? [new((time.GetUtcNow() - since).TotalSeconds)] : [];

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The audit could not be made: {Reason}")]
    private static partial void AuditFailed(ILogger logger, string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "The books could not be saved, trying again later: {Reason}")]
    private static partial void NotSaved(ILogger logger, string reason);
}

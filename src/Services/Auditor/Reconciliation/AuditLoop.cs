using System.Diagnostics.Metrics;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>
/// Reconciles every AUDIT_EVERY_SECONDS, so that somebody is told who did not ask; off without it, since every run reads all books. What the last run
/// found, whoever asked for it, is there as metrics.
/// </summary>
internal sealed partial class AuditLoop : BackgroundService
{
    public const string MeterName = "DaprOrders.Auditor";
    private readonly Audit audit;
    private readonly TimeProvider time;
    private readonly TimeSpan every;
    private readonly DateTimeOffset started;
    private readonly ILogger<AuditLoop> log;

    public AuditLoop(Audit audit, TimeProvider time, IConfiguration configuration, IMeterFactory meters, ILogger<AuditLoop> log)
    {
        (this.audit, this.time, this.log) = (audit, time, log);
        started = time.GetUtcNow();
        every = TimeSpan.FromSeconds(configuration.GetValue("AUDIT_EVERY_SECONDS", 0.0));
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("daprorders.audit.findings", Findings, "{finding}", "What the last audit found, by kind; none of it may ever be above 0.");
        meter.CreateObservableGauge("daprorders.audit.age", Age, "s", "Since the last audit that could read all books; since the start when it should have been and was not.");
    }

    /// <summary>Ends with the service.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (every <= TimeSpan.Zero) return;
        using var timer = new PeriodicTimer(every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await audit.RunAsync(stoppingToken);
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
}

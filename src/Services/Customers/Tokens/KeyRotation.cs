namespace DaprOrders.Customers.Tokens;

/// <summary>Tends the signing keys twice a minute. Ends with the host.</summary>
internal sealed partial class KeyRotation(SigningKeys keys, TimeProvider time, ILogger<KeyRotation> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) Tend();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end of the host.
        }
    }

    /// <summary>The keys at hand go on signing: a folder that cannot be written, as a mounted secret cannot, is no reason to stop.</summary>
    private void Tend()
    {
        try
        {
            keys.Tend();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or System.Security.Cryptography.CryptographicException)
        {
            NotTended(log, e.Message);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The signing keys were not tended: {Reason}")]
    private static partial void NotTended(ILogger logger, string reason);
}

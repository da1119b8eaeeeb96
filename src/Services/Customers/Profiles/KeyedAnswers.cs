using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Customers.Profiles;

internal enum Standing
{
    /// <summary>The request is the first of its key, or goes on where a crash cut it off.</summary>
    Begun,

    Answered,

    UnderWay,
}

/// <summary>
/// Answers by Idempotency-Key, kept for a day. The customer's id is fixed before anything is created, so that whoever goes on after a crash creates the
/// same customer. Safe for concurrent use.
/// </summary>
internal sealed class KeyedAnswers(DaprClient dapr, TimeProvider time)
{
    private const int MostTries = 20;
    private static readonly TimeSpan LongestRequest = TimeSpan.FromSeconds(10);
    private static readonly Dictionary<string, string> Retention = new() { ["ttlInSeconds"] = "86400" };

    public sealed record Kept(string BodyHash, string CustomerId, DateTimeOffset At, string? Answer);

    public async Task<(Kept Kept, Standing Standing)> BeginAsync(string scope, string bodyHash, string customerId, CancellationToken cancellation)
    {
        for (var left = MostTries; left > 0; left--)
        {
            var (kept, etag) = await dapr.GetStateAndETagAsync<Kept?>(Components.Documents, Key(scope), cancellationToken: cancellation);
            if (kept?.Answer is not null) return (kept, Standing.Answered);
            if (kept is not null && (kept.BodyHash != bodyHash || time.GetUtcNow() - kept.At < LongestRequest)) return (kept, Standing.UnderWay);
            var mine = kept is null ? new Kept(bodyHash, customerId, time.GetUtcNow(), null) : kept with { At = time.GetUtcNow() };
            if (await dapr.TryWriteAsync(Components.Documents, Key(scope), mine, etag, cancellation, Retention)) return (mine, Standing.Begun);
        }

        throw new InvalidOperationException("An Idempotency-Key was begun by others again and again.");
    }

    public Task KeepAsync(string scope, Kept kept, string answer, CancellationToken cancellation) =>
        dapr.SaveStateAsync(Components.Documents, Key(scope), kept with { Answer = answer }, metadata: Retention, cancellationToken: cancellation);

    /// <summary>A refusal leaves the key free.</summary>
    public Task ForgetAsync(string scope, CancellationToken cancellation) => dapr.DeleteStateAsync(Components.Documents, Key(scope), cancellationToken: cancellation);

    private static string Key(string scope) => $"answer-{scope}";
}

using System.Globalization;

namespace LocalDapr.Runtime.Resiliency;

/// <summary>When to try again, and after which pause. Pure, but for the dice of exponential pauses.</summary>
internal sealed record RetryPolicy
{
    private const double Growth = 1.5;
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);

    public bool Exponential { get; init; }

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan MaxInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Below zero is endless.</summary>
    public int MaxRetries { get; init; } = -1;

    public IReadOnlyList<(int From, int To)>? HttpStatusCodes { get; init; }

    public IReadOnlyList<(int From, int To)>? GrpcStatusCodes { get; init; }

    public bool Allows(int retriesDone, Failure failure)
    {
        if (MaxRetries >= 0 && retriesDone >= MaxRetries) return false;
        if (failure.HttpStatus is { } http && HttpStatusCodes is not null) return Holds(HttpStatusCodes, http);
        return failure.GrpcStatus is not { } grpc || GrpcStatusCodes is null || Holds(GrpcStatusCodes, grpc);
    }

    public TimeSpan Pause(int retriesDone)
    {
        if (!Exponential) return Duration;
        var pause = Math.Min(First.TotalMilliseconds * Math.Pow(Growth, Math.Min(retriesDone, 60)), MaxInterval.TotalMilliseconds);
#pragma warning disable CA5394 // Spreads pauses; no secret.
        return TimeSpan.FromMilliseconds(pause * (0.5 + Random.Shared.NextDouble()));
#pragma warning restore CA5394
    }

    /// <summary>"429,500-599" as ranges; null for a text without any.</summary>
    public static IReadOnlyList<(int From, int To)>? Ranges(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        var ranges = new List<(int, int)>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            if (!int.TryParse(ends[0], NumberStyles.None, null, out var from) || !int.TryParse(ends[^1], NumberStyles.None, null, out var to))
                throw new Hosting.StartupException($"resiliency: '{part}' is no status code or range of them");
            ranges.Add((from, to));
        }
        return ranges;
    }

    private static bool Holds(IReadOnlyList<(int From, int To)> ranges, int status) => ranges.Any(r => status >= r.From && status <= r.To);
}

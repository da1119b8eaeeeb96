using System.Text.Json;

namespace Dapr.Actors.Runtime;

/// <summary>What the app tells the sidecar of its actors, and how it reaches the sidecar.</summary>
public sealed class ActorRuntimeOptions
{
    /// <summary>The actor types that the app hosts.</summary>
    public ActorRegistrationCollection Actors { get; } = [];

    /// <summary>Time without a turn after which an actor is deactivated; null takes the sidecar's default, an hour.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is not positive.</exception>
    public TimeSpan? ActorIdleTimeout
    {
        get;
        set => field = Positive(value, nameof(ActorIdleTimeout));
    }

    /// <summary>Kept for compatibility; sidecars of today ignore it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is not positive.</exception>
    public TimeSpan? ActorScanInterval
    {
        get;
        set => field = Positive(value, nameof(ActorScanInterval));
    }

    /// <summary>How long a running turn may go on when its actor must move or the sidecar ends.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is not positive.</exception>
    public TimeSpan? DrainOngoingCallTimeout
    {
        get;
        set => field = Positive(value, nameof(DrainOngoingCallTimeout));
    }

    /// <summary>Whether running turns are waited for when an actor moves to another host.</summary>
    public bool DrainRebalancedActors { get; set; }

    /// <summary>Whether chains of calls may come back to an actor.</summary>
    public ActorReentrancyConfig ReentrancyConfig { get; set; } = new();

    /// <summary>Whether typed calls that have no body, and those that actors make, are answered and made in JSON rather than data contracts.</summary>
    public bool UseJsonSerialization { get; set; }

    /// <summary>Options of JSON bodies and state.</summary>
    public JsonSerializerOptions JsonSerializerOptions
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new(JsonSerializerDefaults.Web);

    /// <summary>Token of the sidecar's API; taken from the environment unless set.</summary>
    public string? DaprApiToken { get; set; }

    /// <summary>Kept for compatibility; sidecars of today ignore it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not positive.</exception>
    public int? RemindersStoragePartitions
    {
        get;
        set => field = value <= 0
            ? throw new ArgumentOutOfRangeException(nameof(RemindersStoragePartitions), value, "The number of partitions must be positive.")
            : value;
    }

    /// <summary>Address of the sidecar's HTTP API; taken from the environment unless set.</summary>
    public string? HttpEndpoint { get; set; }

    private static TimeSpan? Positive(TimeSpan? value, string name) =>
        value <= TimeSpan.Zero ? throw new ArgumentOutOfRangeException(name, value, "The time must be positive.") : value;
}

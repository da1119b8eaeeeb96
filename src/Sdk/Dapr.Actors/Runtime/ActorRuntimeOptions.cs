using System.Text.Json;

namespace Dapr.Actors.Runtime;

/// <summary>What the app tells the sidecar of its actors, and how it reaches the sidecar.</summary>
public sealed class ActorRuntimeOptions
{
    /// <summary>The actor types that the app hosts.</summary>
    public ActorRegistrationCollection Actors { get; } = [];

    /// <summary>Time without a turn after which an actor is deactivated; null takes the sidecar's default, an hour.</summary>
    public TimeSpan? ActorIdleTimeout { get; set; }

    /// <summary>Kept for compatibility; sidecars of today ignore it.</summary>
    public TimeSpan? ActorScanInterval { get; set; }

    /// <summary>How long a running turn may go on when its actor must move or the sidecar ends.</summary>
    public TimeSpan? DrainOngoingCallTimeout { get; set; }

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
    public int? RemindersStoragePartitions { get; set; }

    /// <summary>Address of the sidecar's HTTP API; taken from the environment unless set.</summary>
    public string? HttpEndpoint { get; set; }
}

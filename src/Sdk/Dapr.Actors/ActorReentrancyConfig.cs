namespace Dapr.Actors;

/// <summary>Whether a chain of calls may come back to an actor that waits for it, and how deep.</summary>
public sealed class ActorReentrancyConfig
{
    /// <summary>Whether reentrancy is on; off by default.</summary>
    public bool Enabled { get; set; }

    /// <summary>How many calls of one chain may be inside the actor at once; null takes the sidecar's default, 32.</summary>
    public int? MaxStackDepth { get; set; }
}

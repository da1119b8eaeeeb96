namespace Dapr.Actors.Runtime;

/// <summary>A reminder of an actor: a durable schedule that survives the actor, its host and the sidecar.</summary>
public interface IActorReminder
{
    /// <summary>Its name, unique within the actor.</summary>
    string Name { get; }

    /// <summary>Time from registration to the first firing.</summary>
    TimeSpan DueTime { get; }

    /// <summary>Time between firings; negative means it fires once.</summary>
    TimeSpan Period { get; }

    /// <summary>The bytes that each firing hands to the actor.</summary>
    byte[]? State { get; }
}

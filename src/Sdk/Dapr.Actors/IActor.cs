namespace Dapr.Actors;

/// <summary>Marks an interface as an actor's: its methods return <see cref="Task"/> or <see cref="Task{TResult}"/>.</summary>
public interface IActor;

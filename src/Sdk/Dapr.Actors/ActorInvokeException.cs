namespace Dapr.Actors;

/// <summary>What an actor's method threw, as it arrives at the caller of a typed proxy.</summary>
public class ActorInvokeException : Exception
{
    /// <summary>An error without details.</summary>
    public ActorInvokeException()
    {
    }

    /// <summary>Takes the full name of the type that was thrown, and its message.</summary>
    public ActorInvokeException(string actualExceptionType, string message)
        : base(message) => ActualExceptionType = actualExceptionType;

    /// <summary>Full name of the type that was thrown.</summary>
    public string? ActualExceptionType { get; }
}

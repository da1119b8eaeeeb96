namespace Dapr.Actors;

/// <summary>An actor's method failed, or its host could not be reached.</summary>
public class ActorMethodInvocationException : DaprApiException
{
    private const string Code = "ERR_ACTOR_INVOKE_METHOD";

    /// <summary>An error without a message.</summary>
    public ActorMethodInvocationException()
        : base(string.Empty, Code, false)
    {
    }

    /// <summary>Takes the message.</summary>
    public ActorMethodInvocationException(string message, bool isTransient)
        : base(message, Code, isTransient)
    {
    }

    /// <summary>Takes the message and the cause.</summary>
    public ActorMethodInvocationException(string message, Exception? innerException, bool isTransient)
        : base(message, innerException, Code, isTransient)
    {
    }
}

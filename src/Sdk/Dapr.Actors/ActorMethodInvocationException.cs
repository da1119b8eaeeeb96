namespace Dapr.Actors;

/// <summary>A method called by a typed proxy failed; the inner exception tells what it threw.</summary>
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

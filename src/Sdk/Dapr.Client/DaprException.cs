namespace Dapr;

/// <summary>A call of the sidecar failed.</summary>
public class DaprException : Exception
{
    /// <summary>Takes the message.</summary>
    public DaprException(string message)
        : base(message)
    {
    }

    /// <summary>Takes the message and the cause.</summary>
    public DaprException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

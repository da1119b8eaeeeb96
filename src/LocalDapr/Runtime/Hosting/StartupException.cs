namespace LocalDapr.Runtime.Hosting;

/// <summary>Why a sidecar cannot start, in words for the person who wrote the configuration. The process ends with exit code 1.</summary>
public sealed class StartupException : Exception
{
    /// <summary>For serializers only.</summary>
    public StartupException()
    {
    }

    /// <summary>The message is printed as it is.</summary>
    public StartupException(string message)
        : base(message)
    {
    }

    /// <summary>The message is printed as it is; the cause is logged at debug level.</summary>
    public StartupException(string message, Exception? cause)
        : base(message, cause)
    {
    }
}

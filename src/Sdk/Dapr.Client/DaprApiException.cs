namespace Dapr;

/// <summary>The sidecar answered a call with an error of its own.</summary>
public class DaprApiException : DaprException
{
    /// <summary>An error without a code.</summary>
    public DaprApiException(string message, bool isTransient = false)
        : this(message, "UNKNOWN", isTransient)
    {
    }

    /// <summary>An error with its Dapr error code, <c>ERR_…</c>.</summary>
    public DaprApiException(string message, string? errorCode, bool isTransient)
        : this(message, inner: null, errorCode, isTransient)
    {
    }

    /// <summary>An error with its cause and its Dapr error code.</summary>
    public DaprApiException(string message, Exception? inner, string? errorCode, bool isTransient)
        : base(message, inner)
    {
        ErrorCode = errorCode ?? "UNKNOWN";
        IsTransient = isTransient;
    }

    /// <summary>The Dapr error code, or <c>UNKNOWN</c>.</summary>
    public string ErrorCode { get; }

    /// <summary>Whether the same call may succeed later.</summary>
    public bool IsTransient { get; }
}

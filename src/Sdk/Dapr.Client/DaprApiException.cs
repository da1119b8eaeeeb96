namespace Dapr;

/// <summary>The sidecar answered a call with an error of its own.</summary>
public class DaprApiException : DaprException
{
    private const string NoCode = "UNKNOWN";

    /// <summary>An error of which nothing is known.</summary>
    public DaprApiException()
        : this(errorCode: null, isTransient: false)
    {
    }

    /// <summary>An error without a code.</summary>
    public DaprApiException(string message)
        : this(message, errorCode: null, isTransient: false)
    {
    }

    /// <summary>An error without a code, with its cause.</summary>
    public DaprApiException(string message, Exception? innerException)
        : this(message, innerException, errorCode: null, isTransient: false)
    {
    }

    /// <summary>An error of which the code is known and nothing else.</summary>
    public DaprApiException(string? errorCode, bool isTransient)
        : this(string.Empty, errorCode, isTransient)
    {
    }

    /// <summary>An error with its Dapr error code, <c>ERR_…</c>.</summary>
    public DaprApiException(string message, string? errorCode, bool isTransient)
        : this(message, inner: null, errorCode, isTransient)
    {
    }

    /// <summary>An error with its cause and its Dapr error code.</summary>
    public DaprApiException(string message, Exception? inner, string? errorCode, bool isTransient)
        : base(message, inner!)
    {
        ErrorCode = string.IsNullOrEmpty(errorCode) ? NoCode : errorCode;
        IsTransient = isTransient;
    }

    /// <summary>The Dapr error code, or <c>UNKNOWN</c>.</summary>
    public string ErrorCode { get; }

    /// <summary>Whether the same call may succeed later.</summary>
    public bool IsTransient { get; }
}

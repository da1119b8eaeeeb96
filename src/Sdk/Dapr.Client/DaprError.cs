namespace Dapr;

/// <summary>The body of an error that the sidecar answers with.</summary>
public class DaprError
{
    /// <summary>The Dapr error code, <c>ERR_…</c>.</summary>
    public string ErrorCode { get; set; } = null!;

    /// <summary>What it says.</summary>
    public string Message { get; set; } = null!;
}

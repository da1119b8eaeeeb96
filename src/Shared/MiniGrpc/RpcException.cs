namespace MiniGrpc;

/// <summary>
/// A call that ended with a status other than OK. Thrown by clients; handlers throw it to choose the status they answer with.
/// </summary>
public sealed class RpcException(StatusCode code, string message, Metadata? trailers = null, Exception? inner = null)
    : Exception($"{code}: {message}", inner)
{
    public StatusCode StatusCode { get; } = code;

    /// <summary>The status message as it crosses the wire, without the code in front.</summary>
    public string Detail { get; } = message;

    public Metadata Trailers { get; } = trailers ?? [];
}

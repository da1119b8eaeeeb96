using System.Net.Http;
using System.Net.Sockets;

namespace MiniGrpc.Client;

/// <summary>Failures of the connection or of HTTP/2, as gRPC statuses.</summary>
internal static class CallErrors
{
    public static bool IsTransport(Exception e) =>
        e is OperationCanceledException or HttpRequestException or IOException or SocketException or ObjectDisposedException;

    /// <summary>Not so if it is the caller who stopped waiting, which says nothing about the call.</summary>
    public static bool IsTransport(Exception e, CancellationToken waiting) =>
        IsTransport(e) && !(e is OperationCanceledException && waiting.IsCancellationRequested);

    public static RpcException ToRpcException(Exception failure)
    {
        for (var e = failure; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case RpcException rpc:
                    return rpc;
                case HttpProtocolException http2:
                    return new RpcException(FromHttp2(http2), http2.Message, inner: failure);
            }
        }

        return failure is OperationCanceledException
            ? new RpcException(StatusCode.Cancelled, "The call was cancelled.", inner: failure)
            : new RpcException(StatusCode.Unavailable, failure.Message, inner: failure);
    }

    // The mapping of gRPC's HTTP/2 specification, but for connections that just went away, which are worth a retry: a server that shuts
    // down says NO_ERROR, and a ping without an answer is reported as a protocol error that no peer sent (one that a peer sent has its
    // code in the text).
    private static StatusCode FromHttp2(HttpProtocolException failure) => failure.ErrorCode switch
    {
        0x0 => StatusCode.Unavailable,
        0x1 when !failure.Message.Contains("(0x1)", StringComparison.Ordinal) => StatusCode.Unavailable,
        0x7 => StatusCode.Unavailable,
        0x8 => StatusCode.Cancelled,
        0xb => StatusCode.ResourceExhausted,
        0xc => StatusCode.PermissionDenied,
        _ => StatusCode.Internal,
    };
}

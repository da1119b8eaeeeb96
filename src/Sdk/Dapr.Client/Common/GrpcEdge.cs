using Core = Grpc.Core;

namespace Dapr.Common;

// MiniGrpc carries the calls; callers see the types of Grpc.Core and Grpc.Net.Client, as with the official SDK.
internal static class GrpcEdge
{
    public static Core.RpcException ToCore(MiniGrpc.RpcException failure)
    {
        var trailers = new Core.Metadata();
        foreach (var (name, value) in failure.Trailers)
        {
            if (name.EndsWith(Core.Metadata.BinaryHeaderSuffix, StringComparison.Ordinal))
            {
                if (Decode(value) is { } bytes) trailers.Add(name, bytes);
            }
            else
            {
                trailers.Add(name, value);
            }
        }

        return new(new Core.Status((Core.StatusCode)(int)failure.StatusCode, failure.Detail, failure), trailers);
    }

    /// <summary>The sizes and the handler; the rest of the options has no meaning here. A size of null is no limit.</summary>
    public static MiniGrpc.GrpcChannelOptions ToMini(Grpc.Net.Client.GrpcChannelOptions? options)
    {
        // The sidecar limits what it takes; a second limit here would only hide its error.
        if (options is null) return new() { MaxSendMessageBytes = int.MaxValue };
        return new()
        {
            MaxReceiveMessageBytes = options.MaxReceiveMessageSize ?? int.MaxValue,
            MaxSendMessageBytes = options.MaxSendMessageSize ?? int.MaxValue,
            Handler = options.HttpHandler ?? (options.HttpClient is { } client ? new ClientHandler(client) : null),
        };
    }

    // Senders may leave the padding out; what is no base64 is dropped rather than hide the failure it came with.
    private static byte[]? Decode(string base64)
    {
        var padded = base64.PadRight((base64.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length / 4 * 3];
        return Convert.TryFromBase64String(padded, bytes, out var written) ? bytes[..written] : null;
    }

    private sealed class ClientHandler(HttpMessageInvoker client) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            client is HttpClient full
                ? full.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
                : client.SendAsync(request, cancellationToken);
    }
}

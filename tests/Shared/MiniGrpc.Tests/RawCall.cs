using System.Buffers.Binary;
using System.Net;
using Google.Protobuf;

namespace MiniGrpc.Tests;

/// <summary>A call made by hand, byte for byte, to see what the server really puts on the wire.</summary>
internal static class RawCall
{
    public static byte[] Frame(IMessage message) => Frame(0, message.ToByteArray());

    public static byte[] Frame(byte flag, byte[] message, uint? length = null)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), length ?? (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public static async Task<Answer> PostAsync(
        Uri address, string path, byte[] body, string contentType = "application/grpc", params (string Name, string Value)[] headers)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request, Xunit.TestContext.Current.CancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(Xunit.TestContext.Current.CancellationToken);
        return new Answer(response.StatusCode, Read(response.Headers), bytes, Read(response.TrailingHeaders));
    }

    private static Dictionary<string, string> Read(System.Net.Http.Headers.HttpResponseHeaders headers) =>
        headers.NonValidated.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);

    internal sealed record Answer(HttpStatusCode Http, Dictionary<string, string> Headers, byte[] Body, Dictionary<string, string> Trailers)
    {
        /// <summary>The status, wherever it stands; null when there is none.</summary>
        public StatusCode? Status =>
            Headers.TryGetValue("grpc-status", out var text) || Trailers.TryGetValue("grpc-status", out text)
                ? (StatusCode)int.Parse(text)
                : null;
    }
}

using System.IO.Compression;
using System.Net;

namespace LocalDapr.Runtime.Invocation;

/// <summary>The body of an answer that came packed, without what the headers said of its packing.</summary>
internal sealed class UnpackedContent : HttpContent
{
    private readonly HttpContent _packed;

    private UnpackedContent(HttpContent packed)
    {
        _packed = packed;
        foreach (var (name, values) in packed.Headers.NonValidated)
            if (!name.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase) && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                Headers.TryAddWithoutValidation(name, values);
    }

    /// <summary>
    /// Asks for gzip as Go's transport does when nobody else has said what to accept: then it is for us to unpack. Returns whether it is.
    /// </summary>
    public static bool TryAsk(HttpRequestMessage request)
    {
        var headers = request.Headers.NonValidated;
        return request.Method != HttpMethod.Head && !headers.Contains("Accept-Encoding") && !headers.Contains("Range")
            && request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
    }

    /// <summary>For the answer to a request that has asked.</summary>
    public static void Unpack(HttpResponseMessage response)
    {
        if (response.Content.Headers.NonValidated.TryGetValues("Content-Encoding", out var encoding)
            && encoding.ToString().Equals("gzip", StringComparison.OrdinalIgnoreCase))
            response.Content = new UnpackedContent(response.Content);
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() =>
        new GZipStream(await _packed.ReadAsStreamAsync(), CompressionMode.Decompress);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var unpacked = new GZipStream(await _packed.ReadAsStreamAsync(cancellationToken), CompressionMode.Decompress);
        try
        {
            await unpacked.CopyToAsync(stream, cancellationToken);
        }
        catch (InvalidDataException error)
        {
            throw new HttpRequestException($"the app's answer is no gzip: {error.Message}", error);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _packed.Dispose();
        base.Dispose(disposing);
    }
}

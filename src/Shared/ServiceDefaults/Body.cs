using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace DaprOrders.ServiceDefaults;

/// <summary>Reads a request's JSON strictly; throws <see cref="ProblemException"/> with what is wrong with it.</summary>
public static class Body
{
    public static async Task<byte[]> ReadBytesAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (!request.HasJsonContentType()) throw new ProblemException(Problems.UnsupportedMediaType());
        if (request.ContentLength > Defaults.MaxBodyBytes) throw new ProblemException(Problems.TooLarge());
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancellation)) > 0)
        {
            if (buffer.Length + read > Defaults.MaxBodyBytes) throw new ProblemException(Problems.TooLarge());
            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }

    public static async Task<T> ReadAsync<T>(HttpRequest request, CancellationToken cancellation) => Parse<T>(await ReadBytesAsync(request, cancellation));

    public static T Parse<T>(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Defaults.Json) ?? throw new ProblemException(Problems.Invalid("The body is null."));
        }
        catch (JsonException e)
        {
            var member = e.Path is { Length: > 2 } path ? path[2..] : "body";
            throw new ProblemException(Problems.Invalid(member, e.Message.Split(" Path:")[0]));
        }
    }
}

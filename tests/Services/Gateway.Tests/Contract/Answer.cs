using System.Text;
using System.Text.Json;
using Xunit;

namespace DaprOrders.Gateway.Tests.Contract;

/// <summary>An answer, read whole.</summary>
internal sealed record Answer(int Status, string? MediaType, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Code => MediaType == "application/problem+json" ? Json.GetProperty("code").GetString() : null;

    public static async Task<Answer> OfAsync(HttpResponseMessage response, CancellationToken cancellation) => new(
        (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType,
        response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase),
        await response.Content.ReadAsByteArrayAsync(cancellation));

    public void MustBe(int status, string code) =>
        Assert.True(Status == status && Code == code, $"expected {status} {code}, got {Status} {Text}");
}

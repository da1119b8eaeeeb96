using System.Text;
using System.Text.Json;
using LocalDapr.Runtime.PubSub.CloudEvents;
using Xunit;

namespace LocalDapr.Runtime.Tests.PubSub;

public sealed class EnvelopeTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Numbers_of_any_length_keep_every_digit()
    {
        var text = Encoding.UTF8.GetString(Envelope.Make(Published("{\"n\":12345678901234567890123}", "application/json"), "shop", Now)!);

        Assert.Contains("\"n\":12345678901234567890123}", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{bad", "application/json", "{bad")]
    [InlineData("", "application/json", "")]
    [InlineData("{\"a\":1}", "", "{\"a\":1}")]
    [InlineData("{\"a\":1}", "application/vnd.order+json", "{\"a\":1}")]
    public void What_is_not_JSON_by_type_or_by_content_is_embedded_as_text(string body, string contentType, string data) =>
        Assert.Equal(data, Make(Published(body, contentType)).GetProperty("data").GetString());

    [Fact]
    public void A_ready_event_keeps_its_attributes_but_not_its_topic()
    {
        var own = Published("""{"id":"1","topic":"forged","tenant":"acme","data":1}""", "application/cloudevents+json; charset=utf-8");

        var made = Make(own);

        Assert.Equal("orders", made.GetProperty("topic").GetString());
        Assert.Equal("acme", made.GetProperty("tenant").GetString());
        Assert.Equal("Dapr", made.GetProperty("source").GetString());
        Assert.Equal("2026-01-02T03:04:05Z", made.GetProperty("time").GetString());
        Assert.False(made.TryGetProperty("datacontenttype", out _));
    }

    [Fact]
    public void What_claims_to_be_an_event_and_is_none_is_refused() =>
        Assert.Null(Envelope.Make(Published("nonsense", "application/cloudevents+json"), "shop", Now));

    private static PublishedEvent Published(string body, string contentType) => new("bus", "orders", Encoding.UTF8.GetBytes(body), contentType);

    private static JsonElement Make(PublishedEvent published) => JsonDocument.Parse(Envelope.Make(published, "shop", Now)!).RootElement;
}

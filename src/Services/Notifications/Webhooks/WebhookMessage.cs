using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace DaprOrders.Notifications.Webhooks;

/// <summary>What a webhook is sent: the CloudEvent in structured mode, without what the bus added for itself, and its signature.</summary>
internal static class WebhookMessage
{
    public const string ContentType = "application/cloudevents+json", SignatureHeader = "X-DaprOrders-Signature";
    private static readonly string[] Attributes = ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"];

    public static string Body(JsonElement cloudEvent)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var name in Attributes)
            {
                if (!cloudEvent.TryGetProperty(name, out var value)) continue;
                json.WritePropertyName(name);
                value.WriteTo(json);
            }

            var data = cloudEvent.GetProperty("data");
            if (!cloudEvent.TryGetProperty("time", out _) && data.TryGetProperty("at", out var at)) json.WriteString("time", at.GetString());
            json.WritePropertyName("data");
            data.WriteTo(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>t=unix seconds, v1=HMAC-SHA256 of "t.body": with the time inside, a recorded request cannot be sent again much later.</summary>
    public static string Signature(string secret, DateTimeOffset at, string body)
    {
        var seconds = at.ToUnixTimeSeconds();
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{seconds}.{body}"));
        return $"t={seconds},v1={Convert.ToHexStringLower(mac)}";
    }
}

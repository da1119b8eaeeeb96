using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dapr.Protocol.Runtime.V1;

namespace LocalDapr.Runtime.MetadataApi;

/// <summary>The metadata as Dapr's JSON: its own names, and no empty section.</summary>
internal static class MetadataJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Encode(GetMetadataResponse metadata)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("id", metadata.Id);
        json.WriteString("runtimeVersion", metadata.RuntimeVersion);
        Texts(json, "enabledFeatures", metadata.EnabledFeatures);
        Actors(json, "actors", metadata.ActiveActorsCount);
        Components(json, metadata);
        Map(json, "extended", metadata.ExtendedMetadata);
        Subscriptions(json, metadata);
        Names(json, "httpEndpoints", metadata.HttpEndpoints.Select(e => e.Name));
        Connection(json, metadata.AppConnectionProperties);
        json.WriteStartObject("actorRuntime");
        json.WriteString("runtimeStatus", metadata.ActorRuntime.RuntimeStatus.ToString().ToUpperInvariant());
        Actors(json, "activeActors", metadata.ActorRuntime.ActiveActors);
        if (metadata.ActorRuntime.HostReady) json.WriteBoolean("hostReady", true);
        Text(json, "placement", metadata.ActorRuntime.Placement);
        json.WriteEndObject();
        json.WriteStartObject("workflows");
        if (metadata.Workflows.ConnectedWorkers > 0) json.WriteNumber("connectedWorkers", metadata.Workflows.ConnectedWorkers);
        json.WriteEndObject();
        Names(json, "workflowAccessPolicies", metadata.WorkflowAccessPolicies.Select(p => p.Name));
        Names(json, "resiliencies", metadata.Resiliencies.Select(r => r.Name));
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void Components(Utf8JsonWriter json, GetMetadataResponse metadata) => List(json, "components", metadata.RegisteredComponents, c =>
    {
        json.WriteString("name", c.Name);
        json.WriteString("type", c.Type);
        json.WriteString("version", c.Version);
        Texts(json, "capabilities", c.Capabilities);
    });

    private static void Subscriptions(Utf8JsonWriter json, GetMetadataResponse metadata) => List(json, "subscriptions", metadata.Subscriptions, s =>
    {
        json.WriteString("pubsubname", s.PubsubName);
        json.WriteString("topic", s.Topic);
        Map(json, "metadata", s.Metadata);
        List(json, "rules", s.Rules.Rules, rule =>
        {
            Text(json, "match", rule.Match);
            Text(json, "path", rule.Path);
        });
        Text(json, "deadLetterTopic", s.DeadLetterTopic);
        json.WriteString("type", s.Type.ToString().ToUpperInvariant());
    });

    private static void Connection(Utf8JsonWriter json, AppConnectionProperties? connection)
    {
        if (connection is null) return;
        json.WriteStartObject("appConnectionProperties");
        json.WriteNumber("port", connection.Port);
        json.WriteString("protocol", connection.Protocol);
        json.WriteString("channelAddress", connection.ChannelAddress);
        if (connection.MaxConcurrency > 0) json.WriteNumber("maxConcurrency", connection.MaxConcurrency);
        if (connection.Health is { } health)
        {
            json.WriteStartObject("health");
            Text(json, "healthCheckPath", health.HealthCheckPath);
            json.WriteString("healthProbeInterval", health.HealthProbeInterval);
            json.WriteString("healthProbeTimeout", health.HealthProbeTimeout);
            json.WriteNumber("healthThreshold", health.HealthThreshold);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void Actors(Utf8JsonWriter json, string name, IReadOnlyCollection<ActiveActorsCount> actors) => List(json, name, actors, a =>
    {
        json.WriteString("type", a.Type);
        if (a.Count > 0) json.WriteNumber("count", a.Count);
    });

    private static void Names(Utf8JsonWriter json, string section, IEnumerable<string> names) =>
        List(json, section, [.. names], name => json.WriteString("name", name));

    private static void List<T>(Utf8JsonWriter json, string name, IReadOnlyCollection<T> items, Action<T> write)
    {
        if (items.Count == 0) return;
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Texts(Utf8JsonWriter json, string name, Google.Protobuf.Collections.RepeatedField<string> texts)
    {
        if (texts.Count == 0) return;
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void Map(Utf8JsonWriter json, string name, Google.Protobuf.Collections.MapField<string, string> map)
    {
        if (map.Count == 0) return;
        json.WriteStartObject(name);
        foreach (var (key, value) in map) json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0) json.WriteString(name, value);
    }
}

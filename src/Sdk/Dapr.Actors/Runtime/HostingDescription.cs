using System.Buffers;
using System.Text.Json;
using Dapr.Actors.Wire;

namespace Dapr.Actors.Runtime;

/// <summary>The JSON of <c>/dapr/config</c>. What is not set is left out, so that the sidecar's default holds.</summary>
internal static class HostingDescription
{
    public static byte[] Write(ActorRuntimeOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            WriteEntities(writer, options.Actors.Select(r => r.Type.ActorTypeName));
            WriteOptions(writer, options);
            WriteTypesWithOptions(writer, options);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteTypesWithOptions(Utf8JsonWriter writer, ActorRuntimeOptions options)
    {
        var own = options.Actors.Where(r => r.TypeOptions is not null).ToList();
        if (own.Count == 0) return;
        writer.WriteStartArray("entitiesConfig"u8);
        foreach (var registration in own)
        {
            writer.WriteStartObject();
            WriteEntities(writer, [registration.Type.ActorTypeName]);
            WriteOptions(writer, registration.TypeOptions!);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteEntities(Utf8JsonWriter writer, IEnumerable<string> types)
    {
        writer.WriteStartArray("entities"u8);
        foreach (var type in types) writer.WriteStringValue(type);
        writer.WriteEndArray();
    }

    private static void WriteOptions(Utf8JsonWriter writer, ActorRuntimeOptions options)
    {
        if (options.ActorIdleTimeout is { } idle) writer.WriteString("actorIdleTimeout"u8, Durations.Write(idle));
        if (options.ActorScanInterval is { } scan) writer.WriteString("actorScanInterval"u8, Durations.Write(scan));
        if (options.DrainOngoingCallTimeout is { } drain) writer.WriteString("drainOngoingCallTimeout"u8, Durations.Write(drain));
        if (options.DrainRebalancedActors) writer.WriteBoolean("drainRebalancedActors"u8, true);
        writer.WriteStartObject("reentrancy"u8);
        writer.WriteBoolean("enabled"u8, options.ReentrancyConfig.Enabled);
        if (options.ReentrancyConfig.MaxStackDepth is { } depth) writer.WriteNumber("maxStackDepth"u8, depth);
        writer.WriteEndObject();
        if (options.RemindersStoragePartitions is { } partitions) writer.WriteNumber("remindersStoragePartitions"u8, partitions);
    }
}

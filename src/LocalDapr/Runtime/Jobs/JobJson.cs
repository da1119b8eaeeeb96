using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Runtime.Jobs;

/// <summary>The JSON of jobs: any value as data, which is kept as an Any of google.protobuf.Value. Pure.</summary>
internal static class JobJson
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly TypeRegistry WellKnown =
        TypeRegistry.FromFiles(WrappersReflection.Descriptor, StructReflection.Descriptor, TimestampReflection.Descriptor, DurationReflection.Descriptor);

    /// <summary>Throws the error of a malformed request.</summary>
    public static ScheduleJobRequest Read(string name, string body)
    {
        JsonObject root;
        try
        {
            root = JsonNode.Parse(body) as JsonObject ?? throw DaprErrors.Malformed("the job is no JSON object");
        }
        catch (JsonException error)
        {
            throw DaprErrors.Malformed(error.Message);
        }
        var overwrite = root["overwrite"] is JsonValue flag && flag.TryGetValue(out bool replace) && replace;
        var (hasData, data) = (root.ContainsKey("data"), root["data"]?.ToJsonString(Plain) ?? "null");
        root.Remove("overwrite");
        root.Remove("data");
        var job = DaprEndpoints.ParseProtoJson<Job>(root.ToJsonString());
        if (job.Name.Length > 0) throw DaprErrors.JobNameInBody();
        job.Name = name;
        if (hasData) job.Data = Any.Pack(DaprEndpoints.ParseProtoJson<Value>(data));
        return new ScheduleJobRequest { Job = job, Overwrite = overwrite };
    }

    public static string Write(Job job)
    {
        var shown = job.Clone();
        shown.Data = null;
        var json = JsonNode.Parse(JsonFormatter.Default.Format(shown))!.AsObject();
        if (job.Data is not null) json["data"] = Shown(job.Data);
        return json.ToJsonString(Plain);
    }

    /// <summary>What an HTTP app gets: the JSON that was given, or the bytes of another Any.</summary>
    public static ReadOnlyMemory<byte> Body(Any? data)
    {
        if (data is null) return default;
        if (!data.Is(Value.Descriptor)) return data.Value.Memory;
        var text = JsonFormatter.Default.Format(data.Unpack<Value>());
        return JsonSerializer.SerializeToUtf8Bytes(JsonNode.Parse(text), Plain);
    }

    // An Any of a type that is known is shown as its JSON; another as its bytes, since nobody here can read it.
    private static JsonNode Shown(Any data)
    {
        if (WellKnown.Find(Any.GetTypeName(data.TypeUrl)) is null)
            return new JsonObject { ["@type"] = data.TypeUrl, ["value"] = data.Value.ToBase64() };
        return JsonNode.Parse(new JsonFormatter(new JsonFormatter.Settings(formatDefaultValues: false, WellKnown)).Format(data))!;
    }
}

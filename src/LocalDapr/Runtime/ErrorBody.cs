using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;

namespace LocalDapr.Runtime;

/// <summary>An error as Dapr's JSON: <c>errorCode</c>, <c>message</c>, and details where the error is a rich one.</summary>
internal static class ErrorBody
{
    private const string TypePrefix = "type.googleapis.com/google.rpc.";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Encode(DaprError error)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("errorCode", error.Code);
        json.WriteString("message", error.HttpMessage ?? error.Message);
        if (error.Reason is not null) WriteDetails(json, error);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteDetails(Utf8JsonWriter json, DaprError error)
    {
        json.WriteStartArray("details");
        if (error.ViolatedField is { } field)
        {
            json.WriteStartObject();
            json.WriteString("@type", $"{TypePrefix}BadRequest");
            json.WriteStartArray("field_violations");
            json.WriteStartObject();
            if (field.Length > 0) json.WriteString("field", field);
            json.WriteString("description", error.HttpMessage ?? error.Message);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteStartObject();
        json.WriteString("@type", $"{TypePrefix}ErrorInfo");
        json.WriteString("domain", "dapr.io");
        json.WriteString("reason", error.Reason);
        json.WriteStartObject("metadata");
        foreach (var (key, value) in error.Info) json.WriteString(key, value);
        json.WriteEndObject();
        json.WriteEndObject();
        if (error.Resource is { } resource)
        {
            json.WriteStartObject();
            json.WriteString("@type", $"{TypePrefix}ResourceInfo");
            json.WriteString("resource_type", resource.Type);
            json.WriteString("resource_name", resource.Name);
            json.WriteString("owner", resource.Owner);
            json.WriteString("description", resource.Description);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}

/// <summary>google.rpc.Status and its details as bytes; a few small messages, hence no generated code.</summary>
internal static class RpcStatus
{
    public static ReadOnlyMemory<byte> Encode(DaprError error)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(1, WireFormat.WireType.Varint);
            output.WriteInt32((int)error.GrpcStatus);
            WriteText(output, 2, error.Message);
            if (error.ViolatedField is { } field)
                WriteAny(output, "BadRequest", Message(request => WriteBytes(request, 1, Message(violation =>
                {
                    WriteText(violation, 1, field);
                    WriteText(violation, 2, error.Message);
                }))));
            WriteAny(output, "ErrorInfo", Message(info =>
            {
                WriteText(info, 1, error.Reason ?? "");
                WriteText(info, 2, "dapr.io");
                foreach (var (key, value) in error.Info)
                    WriteBytes(info, 3, Message(entry =>
                    {
                        WriteText(entry, 1, key);
                        WriteText(entry, 2, value);
                    }));
            }));
            if (error.Resource is { } resource)
                WriteAny(output, "ResourceInfo", Message(info =>
                {
                    WriteText(info, 1, resource.Type);
                    WriteText(info, 2, resource.Name);
                    WriteText(info, 3, resource.Owner);
                    WriteText(info, 4, resource.Description);
                }));
        }
        return stream.ToArray();
    }

    private static void WriteAny(CodedOutputStream output, string type, byte[] message) => WriteBytes(output, 3, Message(any =>
    {
        WriteText(any, 1, $"type.googleapis.com/google.rpc.{type}");
        WriteBytes(any, 2, message);
    }));

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true)) write(output);
        return stream.ToArray();
    }

    private static void WriteText(CodedOutputStream output, int field, string text)
    {
        if (text.Length == 0) return;
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(text);
    }

    private static void WriteBytes(CodedOutputStream output, int field, byte[] bytes)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(bytes));
    }
}

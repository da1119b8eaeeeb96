using Google.Protobuf;

namespace LocalDapr.Runtime.Tests.Telemetry;

/// <summary>What the tests look at in a span.</summary>
internal sealed record CollectedSpan(string Service, string Scope, string TraceId, string SpanId, string ParentId, string Name, int Kind)
{
    public const int Internal = 1;
    public const int Server = 2;
    public const int Client = 3;
    public const int Producer = 4;

    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    public required bool IsError { get; init; }

    public required string StatusText { get; init; }

    public required TimeSpan Took { get; init; }

    public IReadOnlyList<string> Events { get; init; } = [];

    /// <summary>Trace ids of the spans that it links to.</summary>
    public IReadOnlyList<string> Links { get; init; } = [];
}

/// <summary>The messages of OTLP, as far as the tests need them: read field by field, hence no generated code.</summary>
internal static class OtlpReader
{
    public static IEnumerable<CollectedSpan> Read(byte[] request)
    {
        foreach (var resourceSpans in Messages(request, 1))
        {
            var service = Messages(resourceSpans, 1).SelectMany(resource => Attributes(resource, 1)).FirstOrDefault(a => a.Key == "service.name").Value ?? "";
            foreach (var scopeSpans in Messages(resourceSpans, 2))
            {
                var scope = Messages(scopeSpans, 1).Select(s => Text(s, 1)).FirstOrDefault() ?? "";
                foreach (var span in Messages(scopeSpans, 2)) yield return Span(service, scope, span);
            }
        }
    }

    private static CollectedSpan Span(string service, string scope, byte[] span)
    {
        var status = Messages(span, 15).FirstOrDefault() ?? [];
        return new(service, scope, Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span, 5), (int)Number(span, 6))
        {
            Attributes = Attributes(span, 9).DistinctBy(a => a.Key).ToDictionary(),
            IsError = Number(status, 3) == 2,
            StatusText = Text(status, 2),
            Took = TimeSpan.FromTicks((long)(Number(span, 8) - Number(span, 7)) / 100),
            Events = [.. Messages(span, 11).Select(happened => Text(happened, 2))],
            Links = [.. Messages(span, 13).Select(link => Hex(link, 1))],
        };
    }

    private static IEnumerable<KeyValuePair<string, string>> Attributes(byte[] message, int field) =>
        Messages(message, field).Select(pair => new KeyValuePair<string, string>(Text(pair, 1), Messages(pair, 2).Select(Value).FirstOrDefault() ?? ""));

    private static string Value(byte[] any) => Text(any, 1) is { Length: > 0 } text ? text : Number(any, 3).ToString();

    private static string Text(byte[] message, int field) =>
        Messages(message, field).Select(System.Text.Encoding.UTF8.GetString).FirstOrDefault() ?? "";

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Messages(message, field).FirstOrDefault() ?? []);

    private static List<byte[]> Messages(byte[] message, int field)
    {
        var found = new List<byte[]>();
        var input = new CodedInputStream(message);
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
                found.Add(input.ReadBytes().ToByteArray());
            else
                input.SkipLastField();
        }
        return found;
    }

    private static ulong Number(byte[] message, int field)
    {
        var input = new CodedInputStream(message);
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            if (WireFormat.GetTagFieldNumber(tag) != field) input.SkipLastField();
            else if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.Fixed64) return input.ReadFixed64();
            else if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint) return input.ReadUInt64();
            else input.SkipLastField();
        }
        return 0;
    }
}

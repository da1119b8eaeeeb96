using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace LocalDapr.Runtime.Telemetry.Traces;

/// <summary>
/// grpc-trace-bin, the binary form of a traceparent: a version, then field 0 with the trace id, field 1 with the span id and field 2 with
/// the flags. As metadata it travels in base 64.
/// </summary>
internal static class BinaryTrace
{
    public const string Header = "grpc-trace-bin";

    private const int Length = 29;

    /// <summary>The traceparent of a gRPC call; its binary form counts first, as in daprd.</summary>
    public static string? ParentOf(IHeaderDictionary headers) =>
        headers.TryGetValue(Header, out var binary) && Read(binary[0]) is { } parent ? parent : headers.TraceParent;

    /// <summary>The binary form of a valid traceparent.</summary>
    public static string Of(string traceParent)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bytes.Clear();
        ActivityTraceId.CreateFromString(traceParent.AsSpan(3, 32)).CopyTo(bytes[2..18]);
        bytes[18] = 1;
        ActivitySpanId.CreateFromString(traceParent.AsSpan(36, 16)).CopyTo(bytes[19..27]);
        bytes[27] = 2;
        bytes[28] = Convert.FromHexString(traceParent.AsSpan(53, 2))[0];
        return Convert.ToBase64String(bytes).TrimEnd('=');
    }

    private static string? Read(string? text)
    {
        Span<byte> bytes = stackalloc byte[Length + 3];
        var padded = (text ?? "").TrimEnd('=');
        padded = padded.PadRight((padded.Length + 3) / 4 * 4, '=');
        if (!Convert.TryFromBase64String(padded, bytes, out var read) || read < Length) return null;
        if (bytes[0] != 0 || bytes[1] != 0 || bytes[18] != 1 || bytes[27] != 2) return null;
        return $"00-{Convert.ToHexStringLower(bytes[2..18])}-{Convert.ToHexStringLower(bytes[19..27])}-{Convert.ToHexStringLower(bytes[28..29])}";
    }
}

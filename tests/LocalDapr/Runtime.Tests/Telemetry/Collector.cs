using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace LocalDapr.Runtime.Tests.Telemetry;

/// <summary>A collector on loopback that keeps the spans it is sent, over OTLP's HTTP/protobuf and gRPC.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly ConcurrentQueue<CollectedSpan> _spans = new();
    private readonly ConcurrentQueue<IHeaderDictionary> _headers = new();
    private readonly WebApplication _server;

    private Collector(WebApplication server) => _server = server;

    public IReadOnlyList<CollectedSpan> Spans => [.. _spans];

    public IReadOnlyList<IHeaderDictionary> Headers => [.. _headers];

    /// <summary>host:port for the protocol http.</summary>
    public string Http { get; private set; } = "";

    /// <summary>host:port for the protocol grpc.</summary>
    public string Grpc { get; private set; } = "";

    public static async Task<Collector> StartAsync(CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2);
        });
        var collector = new Collector(builder.Build());
        collector._server.Run(collector.TakeAsync);
        await collector._server.StartAsync(cancellation);
        var addresses = collector._server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        (collector.Http, collector.Grpc) = (new Uri(addresses.First()).Authority, new Uri(addresses.Last()).Authority);
        return collector;
    }

    /// <summary>Returns the spans once they are all there.</summary>
    public async Task<IReadOnlyList<CollectedSpan>> WaitAsync(Func<IReadOnlyList<CollectedSpan>, bool> whole, string what)
    {
        try
        {
            await OneSidecar.EventuallyAsync(() => Task.FromResult(whole(Spans)), what);
        }
        catch (Xunit.Sdk.FailException)
        {
            Xunit.Assert.Fail($"in vain: {what}; there are\n{string.Join('\n', Spans)}");
        }
        return Spans;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var grpc = context.Request.Path == "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
        if (!grpc && context.Request.Path != "/v1/traces")
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        _headers.Enqueue(new HeaderDictionary(context.Request.Headers.ToDictionary()));
        foreach (var span in OtlpReader.Read(body.ToArray().AsSpan(grpc ? 5 : 0).ToArray())) _spans.Enqueue(span);
        if (!grpc) return;
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}

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

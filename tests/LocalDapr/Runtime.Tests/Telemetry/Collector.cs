using System.Collections.Concurrent;
using System.Net;
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

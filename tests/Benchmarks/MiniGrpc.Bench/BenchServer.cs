using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace MiniGrpc.Bench;

/// <summary>The other process: prints its port, serves until its input ends.</summary>
internal static class BenchServer
{
    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        await using var app = builder.Build();
        app.MapUnary(BenchMethods.Say, (parcel, _) => ValueTask.FromResult(parcel));
        app.MapServerStreaming(BenchMethods.Pour, PourAsync);
        app.MapClientStreaming(BenchMethods.Gather, GatherAsync);
        app.MapDuplex(BenchMethods.Chat, ChatAsync);
        await app.StartAsync();
        Console.WriteLine(new Uri(app.Urls.Single()).Port);
        await Console.In.ReadToEndAsync();
    }

    private static async Task PourAsync(Wish wish, IGrpcWriter<Parcel> parcels, ServerCall call)
    {
        var parcel = new Parcel { Payload = ByteString.CopyFrom(new byte[wish.PayloadBytes]) };
        for (var i = 0; i < wish.Messages; i++)
        {
            await parcels.WriteAsync(parcel, flush: false);
        }
    }

    private static async Task<Wish> GatherAsync(IGrpcReader<Parcel> parcels, ServerCall call)
    {
        var wish = new Wish();
        while ((await parcels.ReadAsync()).More)
        {
            wish.Messages++;
        }

        return wish;
    }

    // Answers leave together when nothing more has arrived.
    private static async Task ChatAsync(IGrpcReader<Parcel> parcels, IGrpcWriter<Parcel> answers, ServerCall call)
    {
        while (await parcels.ReadAsync() is (true, { } parcel))
        {
            while (parcels.TryRead(out var next))
            {
                await answers.WriteAsync(parcel, flush: false);
                parcel = next;
            }

            await answers.WriteAsync(parcel);
        }
    }
}

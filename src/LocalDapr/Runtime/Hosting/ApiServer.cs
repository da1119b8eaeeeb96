using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MiniGrpc;

namespace LocalDapr.Runtime.Hosting;

/// <summary>One Kestrel listener of a sidecar: HTTP API, gRPC API, internal or public port.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    /// <summary>How long calls that are open have for an answer when the server stops; gRPC's then get the status UNAVAILABLE.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromMilliseconds(500);

    /// <summary>After which the connections are cut.</summary>
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(1);

    private readonly WebApplication _app;
    private readonly CancellationTokenSource _ending;

    private ApiServer(WebApplication app, CancellationTokenSource ending, int port) => (_app, _ending, Port) = (app, ending, port);

    public int Port { get; }

    /// <summary>Binds and serves. Throws <see cref="StartupException"/> when the port is not to be had.</summary>
    public static async Task<ApiServer> StartAsync(Listener listener, SidecarOptions options, ILoggerFactory loggers, Action<WebApplication> configure)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<MatcherPolicy, ExactRoutes>();
        var ending = new CancellationTokenSource();
        builder.Services.AddSingleton(Options.Create(new GrpcServerOptions
        {
            MaxReceiveMessageBytes = (int)Math.Min(options.MaxBodyBytes, int.MaxValue), MaxSendMessageBytes = int.MaxValue,
            Ending = listener.Ending, Stopping = ending.Token,
        }));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowSynchronousIO = false;
            kestrel.KeepHeaderBytes();
            kestrel.Limits.MaxRequestBodySize = listener.MaxBodyBytes;
            kestrel.Limits.MinRequestBodyDataRate = null; // streams of SDKs are quiet for minutes
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(10);
            kestrel.Limits.MaxRequestHeadersTotalSize = 64 << 10;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 10_000;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 8 << 20;
            kestrel.Limits.Http2.InitialStreamWindowSize = 2 << 20;
            foreach (var address in options.ListenAddresses)
                kestrel.Listen(Parse(address), listener.Port, endpoint =>
                {
                    endpoint.Protocols = listener.Protocols;
                    if (listener.Protocols == HttpProtocols.Http1AndHttp2) endpoint.UseBothVersions();
                });
        });
        var app = builder.Build();
        configure(app);
        try
        {
            await app.StartAsync();
        }
        catch (IOException error)
        {
            await app.DisposeAsync();
            ending.Dispose();
            throw new StartupException($"app {options.AppId}: cannot listen on port {listener.Port} ({listener.Name}): {error.Message}", error);
        }
        return new ApiServer(app, ending, BoundPort(app));
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(StopTime);
        _ending.CancelAfter(AnswerTime);
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
        _ending.Dispose();
    }

    private static IPAddress Parse(string address) => address switch
    {
        "localhost" => IPAddress.Loopback,
        _ when IPAddress.TryParse(address.Trim('[', ']'), out var ip) => ip,
        _ => throw new StartupException($"{address} is no address to listen on"),
    };

    private static int BoundPort(WebApplication app) =>
        new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>What to listen for.</summary>
    internal sealed record Listener(string Name, int Port, HttpProtocols Protocols, long? MaxBodyBytes)
    {
        /// <summary>Cancelled when the sidecar begins to stop; it serves on until what it has begun is answered.</summary>
        public CancellationToken Ending { get; init; }
    }
}

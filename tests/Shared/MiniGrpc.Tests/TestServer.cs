using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MiniGrpc.Tests.Echo;

namespace MiniGrpc.Tests;

/// <summary>A real Kestrel on a free loopback port, and channels to it that end with it.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<GrpcChannel> _channels = [];

    private TestServer(WebApplication app) => _app = app;

    public EchoService Echo { get; } = new();

    public Uri Address => new(_app.Urls.Single());

    public static Task<TestServer> StartAsync(Setup? setup = null) => StartAsync((_, _) => { }, setup);

    /// <summary>Maps methods of the test's own instead of the echo service.</summary>
    public static Task<TestServer> StartAsync(Action<WebApplication> map, Setup? setup = null) =>
        StartAsync((app, _) => map(app), setup, echo: false);

    public GrpcChannel Channel(GrpcChannelOptions? options = null)
    {
        var channel = new GrpcChannel(Address, options);
        _channels.Add(channel);
        return channel;
    }

    /// <summary>Stops listening and breaks what is in progress.</summary>
    public async Task KillAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
    }

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        await KillAsync();
        await _app.DisposeAsync();
    }

    private static async Task<TestServer> StartAsync(Action<WebApplication, TestServer> map, Setup? setup, bool echo = true)
    {
        setup ??= new();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (setup.Logs is { } logs)
        {
            builder.Logging.AddProvider(logs);
        }

        builder.Services.Configure(setup.Options);
        builder.WebHost.UseKestrel(kestrel =>
        {
            setup.Kestrel(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = setup.Protocols;
                if (setup.Certificate is { } certificate)
                {
                    listen.UseHttps(certificate);
                }
            });
        });
        var server = new TestServer(builder.Build());
        if (echo)
        {
            server.Echo.Map(server._app);
        }

        map(server._app, server);
        await server._app.StartAsync();
        return server;
    }

    internal sealed record Setup
    {
        public Action<GrpcServerOptions> Options { get; init; } = _ => { };

        public Action<KestrelServerOptions> Kestrel { get; init; } = _ => { };

        public HttpProtocols Protocols { get; init; } = HttpProtocols.Http2;

        public X509Certificate2? Certificate { get; init; }

        public ILoggerProvider? Logs { get; init; }
    }
}

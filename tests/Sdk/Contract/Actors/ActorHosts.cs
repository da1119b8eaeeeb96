using System.Net;
using Dapr.Actors.Client;
using LocalDapr.Cli.Run;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Sdk.Contract.Actors;

/// <summary>An application with an actor on a real sidecar, shared by the tests of a class: each takes actors of its own.</summary>
public abstract class ActorHosts(bool json) : IAsyncLifetime
{
    private WebApplication app = null!;
    private LocalSidecar sidecar = null!;

    public IActorProxyFactory Proxies { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var (appPort, sidecarPort) = (FreePort.Take(1)[0], FreePort.Take(1)[0]);
        var sidecarAddress = $"http://127.0.0.1:{sidecarPort}";
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, appPort));
        builder.Services.AddActors(options =>
        {
            options.HttpEndpoint = sidecarAddress;
            options.UseJsonSerialization = json;
            options.Actors.RegisterActor<Account>();
        });
        app = builder.Build();
        app.MapActorsHandlers();
        await app.StartAsync(TestContext.Current.CancellationToken);
        sidecar = await LocalSidecar.StartAsync(appPort, sidecarPort);
        Proxies = new ActorProxyFactory(new ActorProxyOptions { HttpEndpoint = sidecarAddress, UseJsonSerialization = json });
    }

    public async ValueTask DisposeAsync()
    {
        await sidecar.DisposeAsync();
        await app.DisposeAsync();
    }
}

/// <summary>Bodies of typed calls as the SDK writes them by itself.</summary>
public sealed class PlainActorHosts() : ActorHosts(json: false);

/// <summary>Bodies of typed calls in JSON.</summary>
public sealed class JsonActorHosts() : ActorHosts(json: true);

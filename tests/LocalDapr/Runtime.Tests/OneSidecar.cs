using System.Net;
using System.Net.Sockets;
using System.Text;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests;

/// <summary>A sidecar of this process with resources of its own, and an app of one function behind it.</summary>
internal sealed class OneSidecar : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("localdapr-test-");
    private readonly RuntimeHost _host = new(NullLoggerFactory.Instance);
    private readonly List<Sidecar> _others = [];
    private WebApplication? _app;

    public Sidecar Sidecar { get; private set; } = null!;

    public HttpClient Http { get; } = new();

    public string Folder => _folder.FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Starts app and sidecar and waits until both serve. {folder} in a resource is the test's own folder.</summary>
    public static Task<OneSidecar> StartAsync(RequestDelegate? app = null, string? configuration = null, params string[] resources) =>
        StartAsync(app is null ? null : web => web.Run(app), "http", configuration, resources);

    /// <summary>The same with an app that speaks gRPC.</summary>
    public static Task<OneSidecar> StartGrpcAsync(Action<IEndpointRouteBuilder> app, params string[] resources) => StartAsync(
        web =>
        {
            web.UseRouting();
            app(web);
        },
        "grpc", configuration: null, resources);

    /// <summary>The same with an app whose health is asked for at /healthz, very often; it is not ill because the machine is slow.</summary>
    public static Task<OneSidecar> StartProbedAsync(RequestDelegate app, params string[] resources) => StartAsync(
        web => web.Run(app), "http", configuration: null, resources,
        new AppHealthOptions("/healthz", TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(60), Threshold: 1));

    private static async Task<OneSidecar> StartAsync(
        Action<WebApplication>? app, string protocol, string? configuration, string[] resources, AppHealthOptions? health = null)
    {
        var one = new OneSidecar();
        var files = Directory.CreateDirectory(Path.Combine(one.Folder, "resources")).FullName;
        for (var i = 0; i < resources.Length; i++) await one.WriteAsync($"{i}.yaml", resources[i]);
        var config = Path.Combine(one.Folder, "config.yaml");
        await File.WriteAllTextAsync(config, Configuration(one.Folder, configuration), Stop);
        int? port = app is null ? null : await one.ServeAsync(app, protocol == "grpc" ? HttpProtocols.Http2 : HttpProtocols.Http1);
        one.Sidecar = new Sidecar(one._host, new SidecarOptions
        {
            AppId = "app", AppPort = port, AppProtocol = protocol, HttpPort = 0, GrpcPort = 0, ResourcesPaths = [files], ConfigFiles = [config],
            DataFolder = Path.Combine(one.Folder, "data"), AppHealth = health,
        });
        await one.Sidecar.StartAsync();
        await one.Sidecar.Ready.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        one.Http.BaseAddress = new Uri($"http://127.0.0.1:{one.Sidecar.HttpPort}");
        return one;
    }

    /// <summary>
    /// Starts the sidecar of another app beside this one, in the same process, or of a replica of the app "app"; its app is whoever answers at
    /// the port of the first sidecar's API then, as replicas need a port each.
    /// </summary>
    public async Task<Sidecar> AddAsync(string appId, params string[] resources)
    {
        var files = Directory.CreateDirectory(Path.Combine(Folder, appId)).FullName;
        for (var i = 0; i < resources.Length; i++) await File.WriteAllTextAsync(Path.Combine(files, $"{i}.yaml"), resources[i], Stop);
        var other = new Sidecar(_host, new SidecarOptions
        {
            AppId = appId, HttpPort = 0, GrpcPort = 0, ResourcesPaths = [files], DataFolder = Path.Combine(Folder, "data"),
            AppPort = appId == Sidecar.Options.AppId ? Sidecar.HttpPort : null,
        });
        _others.Add(other);
        await other.StartAsync();
        await other.Ready.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        return other;
    }

    /// <summary>Of the gRPC API, for the caller to dispose.</summary>
    public GrpcChannel OpenGrpc() => new(new Uri($"http://127.0.0.1:{Sidecar.GrpcPort}"));

    /// <summary>Sends the bytes of these texts, a write each, over a connection of its own, and returns all that comes back.</summary>
    public async Task<string> RawAsync(params string[] parts)
    {
        using var socket = new TcpClient { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", Sidecar.HttpPort, Stop);
        await using var stream = socket.GetStream();
        foreach (var part in parts) await stream.WriteAsync(Encoding.Latin1.GetBytes(part), Stop);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(Stop);
    }

    /// <summary>A component of the given metadata, as YAML.</summary>
    public static string Component(string name, string type, params (string Name, string Value)[] metadata) =>
        $"apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {{name: {name}}}\nspec:\n  type: {type}\n  version: v1\n  metadata:"
        + (metadata.Length == 0 ? " []" : "") + string.Concat(metadata.Select(m => $"\n  - {{name: {m.Name}, value: \"{m.Value}\"}}"));

    /// <summary>Writes or replaces a resource file, in one step as editors do.</summary>
    public async Task WriteAsync(string name, string text)
    {
        var file = Path.Combine(Folder, "resources", name);
        await File.WriteAllTextAsync(file + ".new", text.Replace("{folder}", Folder, StringComparison.Ordinal), Stop);
        File.Move(file + ".new", file, overwrite: true);
    }

    public void Remove(string name) => File.Delete(Path.Combine(Folder, "resources", name));

    /// <summary>Returns once the condition holds; a test that waits in vain fails with the name of what it waited for.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var left = 3_000; left > 0; left--)
        {
            if (await condition()) return;
            await timer.WaitForNextTickAsync(Stop);
        }
        Assert.Fail($"in vain: {what}");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        foreach (var other in _others) await other.DisposeAsync();
        await Sidecar.DisposeAsync();
        await _host.DisposeAsync();
        if (_app is not null) await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string Configuration(string folder, string? spec) => $$"""
        apiVersion: dapr.io/v1alpha1
        kind: Configuration
        metadata: {name: config}
        spec:
          nameResolution: {component: sqlite, configuration: {connectionString: "{{folder}}/names.db"} }
        {{spec}}
        """;

    private async Task<int> ServeAsync(Action<WebApplication> app, HttpProtocols protocols)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = protocols);
            kestrel.KeepHeaderBytes(); // the app sees and sends whatever bytes a test is about
            kestrel.Limits.Http2.MaxStreamsPerConnection = 10_000; // streams answered early count against it for five seconds
        });
        _app = builder.Build();
        app(_app);
        await _app.StartAsync(Stop);
        return new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }
}

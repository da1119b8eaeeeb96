using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Sdk.Tests.Actors;

/// <summary>
/// An app with actors beside a sidecar that is only its routes: it hands calls to the app as a sidecar does, keeps state in a dictionary,
/// and notes every request. Turns are the runtime's business and tested there.
/// </summary>
internal sealed class ActorApp : IAsyncDisposable
{
    private static readonly HttpClient http = new();
    private readonly WebApplication _sidecar;
    private readonly WebApplication _app;

    private ActorApp(WebApplication sidecar, WebApplication app) => (_sidecar, _app) = (sidecar, app);

    public ConcurrentDictionary<string, string> State { get; } = new();

    public ConcurrentQueue<(string Verb, string Path, string Body)> Requests { get; } = new();

    public Uri AppAddress => new(_app.Urls.First());

    public IActorProxyFactory Proxies => _app.Services.GetRequiredService<IActorProxyFactory>();

    public static async Task<ActorApp> StartAsync(Action<ActorRuntimeOptions> configure, Action<IServiceCollection>? services = null)
    {
        var sidecar = NewServer();
        var builder = NewBuilder();
        var sidecarApp = sidecar.Build();
        ActorApp? both = null;
        sidecarApp.Run(context => both!.ServeAsync(context));
        await sidecarApp.StartAsync();
        builder.Services.AddActors(options =>
        {
            options.HttpEndpoint = sidecarApp.Urls.First();
            configure(options);
        });
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapActorsHandlers();
        both = new ActorApp(sidecarApp, app);
        await app.StartAsync();
        return both;
    }

    public Task<HttpResponseMessage> PutAsync(string path, string body) =>
        http.PutAsync(new Uri(AppAddress, path), new StringContent(body), TestContext.Current.CancellationToken);

    /// <summary>A call within a chain of reentrant calls, as the sidecar sends it.</summary>
    public async Task<HttpResponseMessage> PutAsync(string path, string body, string chain)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(AppAddress, path)) { Content = new StringContent(body) };
        request.Headers.Add("Dapr-Reentrancy-Id", chain);
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task<HttpResponseMessage> DeleteAsync(string path) => http.DeleteAsync(new Uri(AppAddress, path), TestContext.Current.CancellationToken);

    public Task<string> GetAsync(string path) => http.GetStringAsync(new Uri(AppAddress, path), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _sidecar.DisposeAsync();
    }

    private static WebApplicationBuilder NewServer() => NewBuilder();

    private static WebApplicationBuilder NewBuilder()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        return builder;
    }

    private async Task ServeAsync(HttpContext context)
    {
        using var copy = new MemoryStream();
        await context.Request.Body.CopyToAsync(copy);
        var body = Encoding.UTF8.GetString(copy.ToArray());
        var path = context.Request.Path.Value!["/v1.0/actors/".Length..];
        Requests.Enqueue((context.Request.Method, path, body));
        var parts = path.Split('/');
        switch (parts[2])
        {
            case "method":
                await ForwardAsync(context, path, copy.ToArray());
                break;
            case "state" when parts.Length == 4:
                if (State.TryGetValue($"{parts[0]}/{parts[1]}/{parts[3]}", out var value)) await context.Response.WriteAsync(value);
                else context.Response.StatusCode = 204;
                break;
            case "state":
                Save($"{parts[0]}/{parts[1]}/", body);
                context.Response.StatusCode = 204;
                break;
            default:
                context.Response.StatusCode = context.Request.Method == "GET" ? 404 : 204;
                break;
        }
    }

    private async Task ForwardAsync(HttpContext context, string path, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(AppAddress, $"actors/{path}")) { Content = new ByteArrayContent(body) };
        foreach (var (name, values) in context.Request.Headers)
            if (name.StartsWith("X-Dapr", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Dapr-", StringComparison.OrdinalIgnoreCase))
                request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        using var answer = await http.SendAsync(request);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            context.Response.StatusCode = 500;
            await context.Response.WriteAsJsonAsync(new
            {
                errorCode = "ERR_ACTOR_INVOKE_METHOD",
                message = $"error invoke actor method: error from actor service: ({(int)answer.StatusCode}) {Encoding.UTF8.GetString(bytes)}",
            });
            return;
        }

        if (answer.Headers.TryGetValues("X-DaprErrorResponseHeader", out var error))
            context.Response.Headers["X-DaprErrorResponseHeader"] = error.First();
        await context.Response.Body.WriteAsync(bytes);
    }

    private void Save(string prefix, string body)
    {
        using var operations = JsonDocument.Parse(body);
        foreach (var operation in operations.RootElement.EnumerateArray())
        {
            var request = operation.GetProperty("request");
            var key = prefix + request.GetProperty("key").GetString();
            if (operation.GetProperty("operation").GetString() == "delete") State.TryRemove(key, out _);
            else State[key] = request.GetProperty("value").GetRawText();
        }
    }
}

using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

/// <summary>An app that hosts actors of the types Cart and, reentrant, Chain, and keeps what it was asked; and its sidecar.</summary>
internal sealed class ActorApp : IAsyncDisposable
{
    public static readonly string Store = OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true"));

    private ActorApp()
    {
    }

    public OneSidecar One { get; private set; } = null!;

    /// <summary>The callbacks so far, in their order.</summary>
    public ConcurrentQueue<Call> Calls { get; } = new();

    /// <summary>What the app does for a method, reminder or timer, by its name.</summary>
    public ConcurrentDictionary<string, Func<HttpContext, Task>> Does { get; } = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<ActorApp> StartAsync(params string[] more)
    {
        var app = new ActorApp();
        app.One = await OneSidecar.StartAsync(app.AnswerAsync, configuration: null, [Store, .. more]);
        return app;
    }

    public async Task<HttpResponseMessage> SendAsync(string verb, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), new Uri(
            $"{One.Http.BaseAddress}v1.0/actors/{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await One.Http.SendAsync(request, Stop);
    }

    /// <summary>Status, code and message of a request that fails.</summary>
    public async Task<(HttpStatusCode Status, string? Code, string? Message)> FailAsync(string verb, string path, string? body = null)
    {
        using var answer = await SendAsync(verb, path, body);
        using var error = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Stop));
        return (answer.StatusCode, error.RootElement.GetProperty("errorCode").GetString(), error.RootElement.GetProperty("message").GetString());
    }

    /// <summary>The first callback whose path ends so, when it is there.</summary>
    public async Task<Call> SeenAsync(string end)
    {
        await OneSidecar.EventuallyAsync(() => Task.FromResult(Calls.Any(call => call.Target.EndsWith(end, StringComparison.Ordinal))), end);
        return Calls.First(call => call.Target.EndsWith(end, StringComparison.Ordinal));
    }

    public ValueTask DisposeAsync() => One.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/dapr/config")
        {
            await context.Response.WriteAsync(
                """
                {"entities": ["Cart", "Chain", "Brief"], "entitiesConfig": [
                  {"entities": ["Chain"], "reentrancy": {"enabled": true, "maxStackDepth": 2}}, {"entities": ["Brief"], "actorIdleTimeout": "200ms"}]}
                """,
                context.RequestAborted);
            return;
        }

        if (!context.Request.Path.StartsWithSegments("/actors")) return;
        using var reader = new StreamReader(context.Request.Body);
        Calls.Enqueue(new Call(
            context.Request.Method,
            context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            await reader.ReadToEndAsync(Stop),
            new HeaderDictionary(context.Request.Headers.ToDictionary(header => header.Key, header => header.Value, StringComparer.OrdinalIgnoreCase))));
        if (Does.TryGetValue(context.Request.Path.Value!.Split('/')[^1], out var does)) await does(context);
    }

    internal sealed record Call(string Verb, string Target, string Body, IHeaderDictionary Headers);
}

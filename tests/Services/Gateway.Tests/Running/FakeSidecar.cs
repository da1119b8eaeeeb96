using System.Collections.Concurrent;
using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace DaprOrders.Gateway.Tests.Running;

/// <summary>An invocation as the sidecar got it. Target is path and query behind /method/, as they were on the wire.</summary>
internal sealed record Invoked(string Verb, string App, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public bool IsPlacing => Target == "internal/orders/place";

    public IReadOnlyList<PlaceCommand> Commands => JsonSerializer.Deserialize<PlaceBatch>(Body, Defaults.Json)!.Items;
}

internal sealed record Reply(int Status, string? ContentType, byte[] Body, params (string Name, string Value)[] Headers)
{
    public static Reply Json(object value, int status = 200, params (string, string)[] headers) =>
        new(status, "application/json", JsonSerializer.SerializeToUtf8Bytes(value, Defaults.Json), headers);

    public static Reply Of(Problem problem) => new(problem.Status, "application/problem+json", JsonSerializer.SerializeToUtf8Bytes(problem, Defaults.Json),
        problem.RetryAfter is { } seconds ? [("Retry-After", $"{seconds}")] : []);

    /// <summary>What Ordering answers when it takes every order of an invocation.</summary>
    public static Reply Placed(Invoked invoked) => Json(new PlaceResults([.. invoked.Commands.Select(command => Some.Accepted(command.Key))]));
}

/// <summary>A sidecar's invocation API on a port of its own, whose services answer what a test wants. Everything that it is asked is kept.</summary>
internal sealed class FakeSidecar : IAsyncDisposable
{
    private readonly ConcurrentQueue<Invoked> invoked = new();
    private readonly Issuer issuer;
    private readonly WebApplication app;

    public FakeSidecar(Issuer issuer)
    {
        this.issuer = issuer;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.MapGet("/v1.0/healthz/outbound", () => TypedResults.NoContent());
        app.Map("/v1.0/invoke/{app}/method/{**path}", HandleAsync);
    }

    /// <summary>What the services answer; the issuer's keys and placed orders until a test says otherwise.</summary>
    public Func<Invoked, Task<Reply>> Answer { get; set; } = Default;

    /// <summary>A service that writes its own answer, bit by bit; instead of Answer.</summary>
    public Func<HttpContext, Task>? Stream { get; set; }

    public string Address => app.Urls.Single();

    public IReadOnlyList<Invoked> All => [.. invoked];

    public IEnumerable<Invoked> Placings => All.Where(one => one.IsPlacing);

    /// <summary>Without the Gateway's own questions for keys.</summary>
    public Invoked Last => All.Last(one => !one.Target.EndsWith("jwks.json", StringComparison.Ordinal));

    public Task StartAsync() => app.StartAsync();

    public void Forget()
    {
        invoked.Clear();
        (Answer, Stream) = (Default, null);
    }

    public void Answers(Reply reply) => Answer = _ => Task.FromResult(reply);

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private static Task<Reply> Default(Invoked invoked) => Task.FromResult(invoked.IsPlacing ? Reply.Placed(invoked) : Reply.Json(new { }));

    private async Task HandleAsync(HttpContext context, string app, string path)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var one = new Invoked(context.Request.Method, app, target[(target.IndexOf("/method/", StringComparison.Ordinal) + "/method/".Length)..],
            context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray());
        invoked.Enqueue(one);
        if (Stream is { } write && path != ".well-known/jwks.json") await write(context);
        else await WriteAsync(context, path == ".well-known/jwks.json" ? issuer.Keys() : await Answer(one));
    }

    private static async Task WriteAsync(HttpContext context, Reply reply)
    {
        context.Response.StatusCode = reply.Status;
        if (reply.ContentType is not null) context.Response.ContentType = reply.ContentType;
        foreach (var (name, value) in reply.Headers) context.Response.Headers[name] = value;
        if (reply.Status == StatusCodes.Status304NotModified) return;
        context.Response.ContentLength ??= reply.Body.Length;
        await context.Response.Body.WriteAsync(reply.Body);
        if (context.Response.ContentLength > reply.Body.Length) context.Abort(); // a service that dies in the middle
    }
}

using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Charts.Tests.Binary;

/// <summary>A shop of a few lines behind a real server: stores answers by key, as the Gateway's contract says, and confirms every order it has stock for.</summary>
internal sealed class Shopfront : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Dictionary<string, string> orders = [];
    private readonly HashSet<string> restocked = [];
    private int refusals;
    private int stock;

    private Shopfront(WebApplication app) => this.app = app;

    public string Address => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public int Orders => orders.Count;

    public int Stock => stock;

    public List<string> Tokens { get; } = [];

    public string EndsAs { get; set; } = "confirmed";

    public bool ForgetsKeys { get; set; }

    /// <summary>So many requests are answered 503 first.</summary>
    public int Away { set => refusals = value; }

    /// <param name="outbound">What a sidecar's health would be like: /health/ready or /health/down.</param>
    public static async Task<Shopfront> OpenAsync(string? outbound = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        var shop = new Shopfront(builder.Build());
        shop.app.Urls.Add("http://127.0.0.1:0");
        shop.Map();
        shop.app.MapGet("/v1.0/healthz/outbound", () => Results.StatusCode(outbound == "/health/down" ? 500 : 204));
        await shop.app.StartAsync();
        return shop;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private void Map()
    {
        app.MapGet("/health/ready", () => Results.Ok());
        app.MapGet("/health/down", () => Results.StatusCode(503));
        app.MapPost("/token", async (HttpRequest request) => Results.Json(new { access_token = $"token-of-{(await request.ReadFormAsync())["username"]}" }));
        app.MapPut("/products/{sku}", (HttpRequest request) => Guarded(request, () => Results.Json(new { })));
        app.MapPost("/products/{sku}/restock", (HttpRequest request) => Guarded(request, () =>
        {
            if (restocked.Add(Key(request))) stock++;
            return Results.Json(new { });
        }));
        app.MapPost("/orders", (HttpRequest request) => Guarded(request, () =>
        {
            var key = ForgetsKeys ? Guid.NewGuid().ToString() : Key(request);
            if (!orders.TryGetValue(key, out var id)) orders[key] = id = $"order-{orders.Count + 1}";
            return Results.Json(new { orderId = id }, statusCode: 202);
        }));
        app.MapGet("/orders/{id}", (HttpRequest request, string id) => Guarded(request, () => Results.Json(new JsonObject { ["orderId"] = id, ["status"] = EndsAs })));
    }

    private IResult Guarded(HttpRequest request, Func<IResult> answer)
    {
        Tokens.Add(request.Headers.Authorization.ToString());
        return refusals-- > 0 ? Results.StatusCode(503) : answer();
    }

    private static string Key(HttpRequest request) => request.Headers["Idempotency-Key"].ToString();
}

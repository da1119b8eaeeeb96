using System.Collections.Concurrent;
using System.Text.Json;
using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;
using DaprOrders.Services.Support;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using MiniGrpc;

namespace DaprOrders.Ordering.Tests.Postgres;

/// <summary>
/// What Ordering's processes see of Dapr: a workflow engine that is told to start sagas, a bus that takes events in bulk, prices. It outlives the processes.
/// </summary>
internal sealed class SagaSidecar : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Action<string> started;

    private SagaSidecar(WebApplication app, Action<string> started) => (this.app, this.started) = (app, started);

    public Dictionary<string, string?> Environment { get; private set; } = [];

    /// <summary>Ids of the instances, as often as their start was asked for.</summary>
    public ConcurrentQueue<string> Started { get; } = new();

    /// <summary>Event ids in the order in which the bus took them.</summary>
    public ConcurrentQueue<string> Published { get; } = new();

    public long Price { get; set; } = 500;

    public static async Task<SagaSidecar> StartAsync(Action<string> started)
    {
        var sidecar = new SagaSidecar(TwoPorts.Build(), started);
        sidecar.Map();
        await sidecar.app.StartAsync();
        sidecar.Environment = new() { ["DAPR_GRPC_ENDPOINT"] = sidecar.app.Urls.First(), ["DAPR_HTTP_ENDPOINT"] = sidecar.app.Urls.Last() };
        return sidecar;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private void Map()
    {
        app.MapUnary(TaskHubMethods.Hello, (_, _) => ValueTask.FromResult(new Empty()));
        app.MapUnary(TaskHubMethods.StartInstance, (request, _) =>
        {
            Started.Enqueue(request.InstanceId);
            started(request.InstanceId);
            return ValueTask.FromResult(new CreateInstanceResponse { InstanceId = request.InstanceId });
        });
        app.MapPost("/v1.0/publish/bulk/orders-pubsub/orders", async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            foreach (var entry in body.RootElement.EnumerateArray()) Published.Enqueue(entry.GetProperty("entryId").GetString()!);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        });
        app.MapPost("/v1.0/invoke/inventory/method/internal/prices", async (HttpContext context) =>
        {
            var query = (await context.Request.ReadFromJsonAsync<PriceQuery>())!;
            await context.Response.WriteAsJsonAsync(new PriceList([.. query.Skus.Select(sku => new ProductPrice(sku, sku, new Money(Price, "EUR")))]), Defaults.Json);
        });
    }
}

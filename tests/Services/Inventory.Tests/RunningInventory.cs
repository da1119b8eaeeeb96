using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;
using DaprOrders.Services.Support;
using Microsoft.AspNetCore.Builder;

namespace DaprOrders.Inventory.Tests;

/// <summary>The service on Kestrel behind a sidecar of the test's own, with one product.</summary>
internal sealed class RunningInventory : IAsyncDisposable
{
    public const string Sku = "tea-100g";
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private readonly HttpClient sidecar = new();
    private WebApplication service = null!;
    private HttpClient http = null!;

    private RunningInventory(ServiceSidecar sidecar) => Sidecar = sidecar;

    public ServiceSidecar Sidecar { get; }

    public ActorStates State => Sidecar.Actors;

    public static async Task<RunningInventory> StartAsync()
    {
        var running = new RunningInventory(await ServiceSidecar.StartAsync());
        running.Sidecar.Apps["ordering"] = _ => Task.CompletedTask;
        await running.BeginAsync();
        var (status, _, _) = await running.AskAsync($"PUT /products/{Sku}", """{"name":"Green tea","price":{"amount":495,"currency":"EUR"}}""");
        Xunit.Assert.Equal(200, status);
        return running;
    }

    /// <summary>Ends the process without a word to anybody and begins another on the same state.</summary>
    public async Task RestartAsync()
    {
        http.Dispose();
        await service.DisposeAsync();
        await BeginAsync();
    }

    public Task<string[]> ReserveAsync(params (string Order, int Quantity)[] items) => BatchAsync(StockActor.Reserve, items);

    public async Task<string[]> BatchAsync(string method, params (string Order, int Quantity)[] items)
    {
        using var answer = await TurnAsync(method, new StockBatch([.. items.Select(item => new StockItem(item.Order, item.Quantity))]));
        answer.EnsureSuccessStatusCode();
        return [.. (await answer.Content.ReadFromJsonAsync<StockResults>(Web))!.Outcomes];
    }

    public async Task<StockLevel> LevelAsync()
    {
        using var answer = await TurnAsync<object?>(StockActor.Level, null);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<StockLevel>(Web))!;
    }

    /// <summary>A turn of the SKU's actor, called as Ordering calls it.</summary>
    public Task<HttpResponseMessage> TurnAsync<T>(string method, T body) => sidecar.PutAsync(
        new Uri($"{Sidecar.Arguments[1].Split('=')[1]}/v1.0/actors/{StockActor.Type}/{Sku}/method/{method}"),
        body is null ? null : new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, Web)));

    public async Task<(int Status, string Body, HttpResponseMessage Answer)> AskAsync(string line, string? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(line.Split(' ')[0]), line.Split(' ')[1]);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Add(Caller.SubjectHeader, "operator");
        request.Headers.Add(Caller.RoleHeader, "operator");
        if (key is not null) request.Headers.Add(IdempotencyKey.Header, key);
        var answer = await http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer);
    }

    public async Task<List<JsonNode>> LedgerAsync(int limit)
    {
        var (items, cursor) = (new List<JsonNode>(), "");
        while (true)
        {
            var (status, body, _) = await AskAsync($"GET /products/{Sku}/ledger?limit={limit}{cursor}");
            Xunit.Assert.Equal(200, status);
            var page = JsonNode.Parse(body)!.AsObject();
            Xunit.Assert.InRange(page["items"]!.AsArray().Count, 0, limit);
            items.AddRange(page["items"]!.AsArray().Select(item => item!));
            if (page["nextCursor"] is not { } next) return items;
            cursor = $"&cursor={next}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        sidecar.Dispose();
        await service.DisposeAsync();
        await Sidecar.DisposeAsync();
    }

    private async Task BeginAsync()
    {
        service = Service.Build(["--urls", "http://127.0.0.1:0", "--environment", "Development", "--Logging:LogLevel:Default", "None", .. Sidecar.Arguments]);
        await service.StartAsync();
        http = new HttpClient { BaseAddress = new Uri(service.Urls.First()) };
        State.App = http.BaseAddress;
    }
}

using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DaprOrders.ServiceDefaults;
using DaprOrders.Services.Support;
using Microsoft.AspNetCore.Builder;

namespace DaprOrders.Auditor.Tests;

/// <summary>The service on Kestrel over a shop whose books the test writes. It follows them only when it is asked, unless the test says otherwise.</summary>
internal sealed class RunningAuditor : IAsyncDisposable
{
    private readonly ServiceSidecar sidecar;
    private WebApplication service = null!;

    private RunningAuditor(ServiceSidecar sidecar, Shop shop) => (this.sidecar, Shop) = (sidecar, shop);

    public Shop Shop { get; }

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromMinutes(2) };

    public static async Task<RunningAuditor> StartAsync(params string[] options)
    {
        var sidecar = await ServiceSidecar.StartAsync();
        var running = new RunningAuditor(sidecar, await Shop.OpenAsync(sidecar));
        running.service = Service.Build(["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None", "--AUDIT_EVERY_SECONDS=0",
            $"--PAYMENT_PROVIDER_URL={running.Shop.Provider}", .. sidecar.Arguments, .. options]);
        await running.service.StartAsync();
        running.Http.BaseAddress = new Uri(running.service.Urls.First());
        return running;
    }

    public async Task<(int Status, JsonObject Verdict)> AskAsync(string line = "GET /audit", string role = "operator")
    {
        using var request = new HttpRequestMessage(new HttpMethod(line.Split(' ')[0]), line.Split(' ')[1]);
        request.Headers.Add(Caller.RoleHeader, role);
        using var answer = await Http.SendAsync(request);
        return ((int)answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonObject>())!);
    }

    /// <summary>The running verdict of everything that is in the books now.</summary>
    public async Task<JsonObject> UpToDateAsync()
    {
        var from = DateTimeOffset.UtcNow;
        return await Until.FoundAsync(async () => await AskAsync() is (200, var verdict) && DateTimeOffset.Parse(verdict["asOf"]!.ToString()) >= from ? verdict : null, "a verdict that is up to date");
    }

    /// <summary>Ends of these orders as the bus delivers them, null for one that is none; the status of each.</summary>
    public async Task<string[]> DeliverAsync(params string?[] orders)
    {
        var entries = orders.Select((id, i) => new
        {
            entryId = $"{i}",
            @event = new
            {
                id = $"{id}:6", type = "com.daprorders.order.confirmed.v1",
                data = id is null ? (object)new { neither = "an order" } : new { orderId = id, customerId = "c1", version = 6, at = Shop.Now, status = "confirmed", paymentStatus = "captured" },
            },
        });
        using var answer = await Http.PostAsJsonAsync("/on-order-end", new { entries });
        answer.EnsureSuccessStatusCode();
        return [.. (await answer.Content.ReadFromJsonAsync<JsonObject>())!["statuses"]!.AsArray().Select(status => status!["status"]!.ToString())];
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await service.DisposeAsync();
        await Shop.DisposeAsync();
        await sidecar.DisposeAsync();
    }
}

using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DaprOrders.Auditor.Reconciliation;
using DaprOrders.ServiceDefaults;
using DaprOrders.Services.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace DaprOrders.Auditor.Tests;

/// <summary>The service on Kestrel over a shop whose books the test writes. It follows them only when it is asked, unless the test says otherwise.</summary>
internal sealed class RunningAuditor : IAsyncDisposable
{
    private readonly string[] options;
    private WebApplication service = null!;

    private RunningAuditor(ServiceSidecar sidecar, Shop shop, string[] options) => (Sidecar, Shop, this.options) = (sidecar, shop, options);

    public ServiceSidecar Sidecar { get; }

    public Shop Shop { get; private set; }

    public HttpClient Http { get; private set; } = null!;

    public static async Task<RunningAuditor> StartAsync(params string[] options)
    {
        var sidecar = await ServiceSidecar.StartAsync();
        var running = new RunningAuditor(sidecar, await Shop.OpenAsync(sidecar), options);
        await running.BeginAsync();
        return running;
    }

    /// <summary>Another process on the same saved books. The one before saved nothing at its end, as one that is killed does not.</summary>
    public async Task RestartAsync()
    {
        await EndAsync();
        await BeginAsync();
    }

    /// <summary>All books are those of another shop from now on.</summary>
    public async Task MoveAsync()
    {
        await Shop.DisposeAsync();
        Shop = await Shop.OpenAsync(Sidecar);
    }

    /// <summary>Brings the books up to date.</summary>
    public Task FollowAsync() => service.Services.GetRequiredService<Audit>().FollowAsync();

    public Task SaveAsync() => service.Services.GetRequiredService<Audit>().SaveAsync(CancellationToken.None);

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
        await EndAsync();
        await Shop.DisposeAsync();
        await Sidecar.DisposeAsync();
    }

    private async Task BeginAsync()
    {
        service = Service.Build(["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None", "--AUDIT_EVERY_SECONDS=0",
            $"--PAYMENT_PROVIDER_URL={Shop.Provider}", .. Sidecar.Arguments, .. options]);
        await service.StartAsync();
        Http = new HttpClient { Timeout = TimeSpan.FromMinutes(2), BaseAddress = new Uri(service.Urls.First()) };
    }

    private async Task EndAsync()
    {
        Http.Dispose();
        await service.StopAsync();
        await service.DisposeAsync();
    }
}

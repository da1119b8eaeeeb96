using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Xunit;

namespace DaprOrders.EndToEnd;

/// <summary>An order whose saga somebody took away comes to its end all the same, and keeps neither stock nor money for ever.</summary>
public sealed class LostSagaTests : IAsyncLifetime
{
    private readonly RunningShop shop = new() { SagaLostAfter = TimeSpan.FromSeconds(1), ParkAfter = TimeSpan.FromMinutes(10) }; // what is parked is open, and found as such

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => shop.InitializeAsync();

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    [Fact]
    public async Task Orders_whose_sagas_were_terminated_and_purged_end_as_they_would_have_also_over_a_kill()
    {
        await StockAsync();
        var (approved, rejected, cancelled) = (await PlaceAsync(), await PlaceAsync(), await PlaceAsync());
        foreach (var id in new[] { approved, rejected, cancelled }) await UntilAsync(id, "awaiting-approval");

        await WorkflowAsync("terminate", approved);
        await WorkflowAsync("terminate", cancelled);
        await WorkflowAsync("purge", rejected, "--force");
        Assert.True(shop.Kill("ordering"));
        await DecideAsync(approved, "approve");
        await DecideAsync(rejected, "reject");
        await DecideAsync(cancelled, "cancel");

        await UntilAsync(approved, "confirmed");
        Assert.Equal("approval-rejected", (await UntilAsync(rejected, "rejected")).GetProperty("reason").GetString());
        await UntilAsync(cancelled, "cancelled");
        Assert.Equal(9, (await shop.Shop.GetAsync("/products/urn", shop.Operator, Cancellation)).GetProperty("available").GetInt64());
        using var audit = await shop.Shop.SendAsync(HttpMethod.Post, "/audit/run", shop.Operator, "{}", null, Cancellation);
        var verdict = JsonDocument.Parse(await audit.Content.ReadAsStringAsync(Cancellation)).RootElement;
        Assert.True(verdict.GetProperty("consistent").GetBoolean(), $"{verdict}");
        Assert.Equal((3, 0), (verdict.GetProperty("accepted").GetInt32(), verdict.GetProperty("inFlight").GetInt32()));
    }

    [Fact]
    public async Task Refunds_whose_sagas_were_terminated_and_purged_are_made_once_also_over_kills()
    {
        await StockAsync();
        var (half, terminated, purged) = (await ConfirmedAsync(), await ConfirmedAsync(), await ConfirmedAsync());

        await shop.FreezeAsync("inventory"); // the first one's money comes back, its goods do not
        await RefundAsync(half);
        await EventuallyAsync(async () => (await EventsAsync(half)).Contains("payment-refunded") ? "yes" : null, "the money is back");
        await shop.FreezeAsync("payments");
        await RefundAsync(terminated);
        await RefundAsync(purged);
        await LoseAsync("terminate", half);
        await LoseAsync("terminate", terminated);
        await LoseAsync("purge", purged, "--force");
        foreach (var service in new[] { "ordering", "inventory", "payments" }) Assert.True(shop.Kill(service));

        foreach (var id in new[] { half, terminated, purged })
        {
            await UntilAsync(id, "refunded");
            var events = await EventsAsync(id);
            Assert.Equal(["payment-refunded", "stock-returned", "refunded"], events.TakeLast(3));
            Assert.DoesNotContain("parked", events);
        }

        Assert.Equal(10, (await shop.Shop.GetAsync("/products/urn", shop.Operator, Cancellation)).GetProperty("available").GetInt64());
        using var audit = await shop.Shop.SendAsync(HttpMethod.Post, "/audit/run", shop.Operator, "{}", null, Cancellation);
        var verdict = JsonDocument.Parse(await audit.Content.ReadAsStringAsync(Cancellation)).RootElement;
        Assert.True(verdict.GetProperty("consistent").GetBoolean(), $"{verdict}");
        Assert.Equal(3, verdict.GetProperty("terminal").GetProperty("refunded").GetInt32());
    }

    private async Task<string> ConfirmedAsync()
    {
        var id = await PlaceAsync();
        await UntilAsync(id, "awaiting-approval");
        await DecideAsync(id, "approve");
        await UntilAsync(id, "confirmed");
        return id;
    }

    private async Task RefundAsync(string id)
    {
        using var answer = await shop.Shop.SendAsync(HttpMethod.Post, $"/orders/{id}/refund", shop.Operator, """{"reason":"broken"}""", Guid.NewGuid().ToString("N"), Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    private async Task<List<string>> EventsAsync(string id)
    {
        var events = await shop.Shop.GetAsync($"/orders/{id}/events", shop.Operator, Cancellation);
        return [.. events.GetProperty("items").EnumerateArray().Select(happened => happened.GetProperty("type").GetString()!.Split('.')[^2])];
    }

    /// <summary>Once its workflow is there.</summary>
    private Task LoseAsync(string act, string order, params string[] options) =>
        EventuallyAsync(async () => (await TryWorkflowAsync(act, $"{order}-refund", options)).ExitCode == 0 ? "yes" : null, $"{act} {order}");

    private async Task StockAsync()
    {
        using var put = await shop.Shop.SendAsync(HttpMethod.Put, "/products/urn", shop.Operator, """{"name":"Urn","price":{"amount":2000000,"currency":"EUR"}}""", null, Cancellation);
        using var restock = await shop.Shop.SendAsync(HttpMethod.Post, "/products/urn/restock", shop.Operator, """{"quantity":10}""", "urn", Cancellation);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (put.StatusCode, restock.StatusCode));
    }

    /// <summary>Above the limit: it waits for somebody.</summary>
    private async Task<string> PlaceAsync()
    {
        using var answer = await shop.Shop.SendAsync(
            HttpMethod.Post, "/orders", shop.Customer, """{"items":[{"sku":"urn","quantity":1}],"paymentToken":"tok_visa_ok","currency":"EUR"}""", Guid.NewGuid().ToString("N"), Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement.GetProperty("orderId").GetString()!;
    }

    /// <summary>Asked until the service that was killed is back.</summary>
    private async Task DecideAsync(string id, string act)
    {
        var key = Guid.NewGuid().ToString("N");
        await EventuallyAsync(async () =>
        {
            using var answer = await shop.Shop.SendAsync(HttpMethod.Post, $"/orders/{id}/{act}", shop.Operator, null, key, Cancellation);
            return answer.StatusCode == HttpStatusCode.Accepted ? answer : null;
        }, $"{act} {id}");
    }

    private async Task<JsonElement> UntilAsync(string id, string status)
    {
        JsonElement order = default;
        await EventuallyAsync(async () =>
        {
            using var answer = await shop.Shop.SendAsync(HttpMethod.Get, $"/orders/{id}", shop.Operator, null, null, Cancellation);
            if (answer.StatusCode != HttpStatusCode.OK) return null;
            order = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;
            return order.GetProperty("status").GetString() == status ? "yes" : null;
        }, $"{id} {status}");
        return order;
    }

    private static Task EventuallyAsync(Func<Task<object?>> find, string what) => Services.Support.Until.FoundAsync(find, what);

    private async Task WorkflowAsync(string act, string id, params string[] options)
    {
        var (code, said) = await TryWorkflowAsync(act, id, options);
        Assert.True(code == 0, $"{act}: {said}");
    }

    private async Task<(int ExitCode, string Said)> TryWorkflowAsync(string act, string id, params string[] options)
    {
        var start = new ProcessStartInfo(Path.Combine(RunningShop.Root(), "artifacts/bin/localdapr"), ["workflow", act, id, "--app-id", "ordering", "--dapr-grpc-port", shop.SidecarOf("ordering"), .. options])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var command = Process.Start(start)!;
        var said = await command.StandardOutput.ReadToEndAsync(Cancellation) + await command.StandardError.ReadToEndAsync(Cancellation);
        await command.WaitForExitAsync(Cancellation);
        return (command.ExitCode, said);
    }
}

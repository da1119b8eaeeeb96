using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.Payments.Ledger;
using Sdk.Contract;
using Xunit;

namespace DaprOrders.Payments.Tests;

/// <summary>Two replicas, each with its own copy of what it read, on one real store.</summary>
public sealed class PaymentStoreTests : IAsyncLifetime
{
    private LocalSidecar sidecar = null!;
    private DaprClient dapr = null!;
    private PaymentStore one = null!, other = null!;

    public async ValueTask InitializeAsync()
    {
        sidecar = await LocalSidecar.StartAsync(store: Components.Documents);
        dapr = new DaprClientBuilder().UseGrpcEndpoint($"http://127.0.0.1:{sidecar.GrpcPort}").UseHttpEndpoint($"http://127.0.0.1:{sidecar.HttpPort}").Build();
        (one, other) = (new PaymentStore(dapr), new PaymentStore(dapr));
    }

    [Fact]
    public async Task Of_a_window_of_writes_only_the_one_that_another_replica_was_quicker_with_is_lost()
    {
        var orders = Enumerable.Range(0, 40).Select(i => $"order-{i}").ToArray();
        await Task.WhenAll(orders.Take(20).Select(id => one.SaveAsync(Authorised(id, "auth"), ""))); // half of them are there, half are new
        var read = await Task.WhenAll(orders.Select(one.LoadAsync));
        foreach (var i in new[] { 3, 30 }) await other.SaveAsync(Authorised(orders[i], "quicker"), read[i].ETag);

        var errors = await Task.WhenAll(orders.Select((id, i) => Record.ExceptionAsync(() => one.SaveAsync(Authorised(id, "mine"), read[i].ETag)).AsTask()));

        Assert.Equal([3, 30], Enumerable.Range(0, 40).Where(i => errors[i] is not null));
        Assert.IsType<LostWriteException>(errors[3]);
        var stored = await Task.WhenAll(orders.Select(other.LoadAsync));
        Assert.All(stored.Index(), entry => Assert.Equal(entry.Index is 3 or 30 ? "quicker" : "mine", entry.Item.Payment.AuthorisationId));
    }

    [Fact]
    public async Task A_write_that_is_stored_already_is_no_loss_because_its_answer_may_have_got_lost()
    {
        var (_, etag) = await one.LoadAsync("order-a");
        await one.SaveAsync(Authorised("order-a", "auth"), etag);

        await one.SaveAsync(Authorised("order-a", "auth"), etag);

        await Assert.ThrowsAsync<LostWriteException>(() => one.SaveAsync(Authorised("order-a", "another"), etag));
    }

    public async ValueTask DisposeAsync()
    {
        await one.DisposeAsync();
        await other.DisposeAsync();
        dapr.Dispose();
        await sidecar.DisposeAsync();
    }

    private static Payment Authorised(string orderId, string authorisationId) =>
        new Payment(orderId, "EUR").Authorise($"{orderId}/authorise", authorisationId, declined: false, 1000);
}

using System.Net;
using System.Net.Http.Json;
using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.Payments.Features;
using DaprOrders.Payments.Ledger;
using DaprOrders.Payments.Provider;
using DaprOrders.ServiceDefaults;
using Microsoft.Extensions.Logging.Abstractions;
using Sdk.Contract;
using Xunit;

namespace DaprOrders.Payments.Tests;

/// <summary>A batch against a provider that keeps one order waiting.</summary>
public sealed class CarryOutTests : IAsyncLifetime
{
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LocalSidecar sidecar = null!;
    private DaprClient dapr = null!;
    private PaymentStore store = null!;
    private HttpClient http = null!;

    public async ValueTask InitializeAsync()
    {
        sidecar = await LocalSidecar.StartAsync(store: Components.Documents);
        dapr = new DaprClientBuilder().UseGrpcEndpoint($"http://127.0.0.1:{sidecar.GrpcPort}").UseHttpEndpoint($"http://127.0.0.1:{sidecar.HttpPort}").Build();
        store = new PaymentStore(dapr);
        http = new HttpClient(new SlowForOne(released.Task)) { BaseAddress = new Uri("http://provider") };
    }

    [Fact]
    public async Task Nobody_waits_for_a_slow_neighbour_of_the_batch()
    {
        var carryOut = new CarryOut(store, new ProviderClient(http, ProviderGuard.Build(TimeProvider.System)), NullLogger<CarryOut>.Instance) { Patience = TimeSpan.FromMinutes(1) };
        var outcomes = new List<PaymentOutcome>();

        await foreach (var group in carryOut.AllAsync("authorise", new PaymentBatch([Command("slow"), Command("a"), Command("b"), Command("c")])))
        {
            outcomes.AddRange(group.Items);
            if (outcomes.Count == 3) released.SetResult(); // the slow one cannot come before the others are here
        }

        Assert.Equal(["a", "b", "c"], outcomes.Take(3).Select(outcome => outcome.OrderId).Order());
        Assert.Equal(("slow", "authorised"), (outcomes[3].OrderId, outcomes[3].Status));
    }

    [Fact]
    public async Task What_has_no_outcome_in_time_is_unavailable_and_found_finished_later()
    {
        var provider = new ProviderClient(http, ProviderGuard.Build(TimeProvider.System));
        var carryOut = new CarryOut(store, provider, NullLogger<CarryOut>.Instance);
        var patient = new CarryOut(store, provider, NullLogger<CarryOut>.Instance) { Patience = TimeSpan.FromMinutes(1) };

        Assert.Equal("unavailable", await OutcomeAsync(carryOut, Command("slow")));
        released.SetResult();
        Assert.Equal("authorised", await OutcomeAsync(patient, Command("slow")));
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        http.Dispose();
        dapr.Dispose();
        await sidecar.DisposeAsync();
    }

    private static PaymentCommand Command(string orderId) => new(orderId, $"{orderId}/authorise", new Money(1000, "EUR"), "tok_visa_ok");

    private static async Task<string> OutcomeAsync(CarryOut carryOut, PaymentCommand command)
    {
        var outcomes = await carryOut.AllAsync("authorise", new PaymentBatch([command])).SelectMany(group => group.Items).ToListAsync();
        return Assert.Single(outcomes).Status;
    }

    private sealed class SlowForOne(Task released) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Headers.GetValues("Idempotency-Key").Single().StartsWith("slow", StringComparison.Ordinal)) await released.WaitAsync(cancellationToken);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = JsonContent.Create(new { authorisationId = "auth", status = "authorised" }, options: Defaults.Json) };
        }
    }
}

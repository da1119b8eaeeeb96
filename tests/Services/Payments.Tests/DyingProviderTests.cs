using System.Net;
using DaprOrders.Contracts;
using DaprOrders.Payments.Provider;
using DaprOrders.ServiceDefaults;
using MiniGrpc.Tests.Connection;
using Polly;
using Xunit;

namespace DaprOrders.Payments.Tests;

/// <summary>A process that is killed resets the connections that its listener had taken: some at the very moment they are made.</summary>
public sealed class DyingProviderTests
{
    private const int Calls = 2_000;
    private static readonly PaymentCommand Command = new("o1", "o1/authorise", new Money(1000, "EUR"), "tok_visa_ok");

    [Fact]
    public async Task A_connection_that_is_reset_as_it_is_made_is_a_provider_that_is_unavailable()
    {
        using var dying = new DyingServer();

        await Parallel.ForAsync(0, Calls, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, async (_, cancellation) =>
        {
            using var http = ProviderClient.Http(dying.Address);
            await Assert.ThrowsAsync<ProviderUnavailableException>(() => new ProviderClient(http, ResiliencePipeline<HttpResponseMessage>.Empty).AuthoriseAsync(Command, cancellation));
        });
    }

    [Fact]
    public async Task A_sidecar_that_dies_as_it_is_connected_to_is_a_failed_request()
    {
        using var dying = new DyingServer();

        await Parallel.ForAsync(0, Calls, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, async (_, cancellation) =>
        {
            using var http = new HttpClient(OutgoingHttp.ToSidecar());
            await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(dying.Address, cancellation));
        });
    }

    [Fact]
    public async Task A_target_whose_addresses_were_looked_at_fails_no_other_way()
    {
        using var dying = new DyingServer();

        await Parallel.ForAsync(0, Calls, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, async (_, cancellation) =>
        {
            var handler = OutgoingHttp.Handler();
            handler.ConnectCallback = (context, ending) => OutgoingHttp.ConnectAsync([IPAddress.Loopback], context.DnsEndPoint.Port, ending);
            using var http = new HttpClient(handler);
            await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(dying.Address, cancellation));
        });
    }
}

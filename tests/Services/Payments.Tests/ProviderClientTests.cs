using System.Net;
using System.Net.Http.Json;
using DaprOrders.Contracts;
using DaprOrders.Payments.Provider;
using Xunit;

namespace DaprOrders.Payments.Tests;

public sealed class ProviderClientTests
{
    private static readonly PaymentCommand Command = new("o1", "o1/authorise", new Money(1000, "EUR"), "tok_visa_ok");

    [Fact]
    public async Task A_provider_that_fails_twice_is_asked_again_with_the_same_key()
    {
        using var provider = new Scripted(HttpStatusCode.InternalServerError, null, HttpStatusCode.OK);
        using var http = new HttpClient(provider) { BaseAddress = new Uri("http://provider.test") };

        var reply = await new ProviderClient(http, ProviderGuard.Build(TimeProvider.System)).AuthoriseAsync(Command, TestContext.Current.CancellationToken);

        Assert.Equal("auth-1", reply.AuthorisationId);
        Assert.Equal(["o1/authorise", "o1/authorise", "o1/authorise"], provider.Keys);
    }

    [Fact]
    public async Task A_refusal_is_not_repeated_and_no_result_is_made_up()
    {
        using var provider = new Scripted(HttpStatusCode.UnprocessableEntity);
        using var http = new HttpClient(provider) { BaseAddress = new Uri("http://provider.test") };

        await Assert.ThrowsAsync<ProviderUnavailableException>(
            () => new ProviderClient(http, ProviderGuard.Build(TimeProvider.System)).AuthoriseAsync(Command, TestContext.Current.CancellationToken));

        Assert.Single(provider.Keys);
    }

    [Theory]
    [InlineData("""{"authorisationId":"a1","status":"pending"}""")]
    [InlineData("""{"status":"authorised"}""")]
    [InlineData("""{"authorisationId":"a1"}""")]
    [InlineData("null")]
    [InlineData("<html>")]
    public async Task An_answer_that_says_neither_yes_nor_no_is_no_answer(string body)
    {
        using var provider = new Saying(body);
        using var http = new HttpClient(provider) { BaseAddress = new Uri("http://provider.test") };
        var client = new ProviderClient(http, ProviderGuard.Build(TimeProvider.System));

        await Assert.ThrowsAsync<ProviderUnavailableException>(() => client.AuthoriseAsync(Command, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ProviderUnavailableException>(() => client.FollowUpAsync("capture", "a1", "o1/capture", "o1", Command.Amount, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_provider_may_say_more_than_is_read()
    {
        using var provider = new Saying("""{"authorisationId":"a1","status":"authorised","risk":"low"}""");
        using var http = new HttpClient(provider) { BaseAddress = new Uri("http://provider.test") };

        Assert.Equal("a1", (await new ProviderClient(http, ProviderGuard.Build(TimeProvider.System)).AuthoriseAsync(Command, TestContext.Current.CancellationToken)).AuthorisationId);
    }

    private sealed class Saying(string body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") });
    }

    /// <summary>Answers in order; null cuts the connection.</summary>
    private sealed class Scripted(params HttpStatusCode?[] answers) : HttpMessageHandler
    {
        public List<string> Keys { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var status = answers[Keys.Count] ?? HttpStatusCode.Unused;
            Keys.Add(request.Headers.GetValues("Idempotency-Key").Single());
            if (status == HttpStatusCode.Unused) throw new HttpRequestException("cut");
            return Task.FromResult(new HttpResponseMessage(status) { Content = JsonContent.Create(new { authorisationId = "auth-1", status = "authorised" }) });
        }
    }
}

using System.Net;
using DaprOrders.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Charts.Tests.Binary;

/// <summary>What the chart counts on of every service: three probes, and the sidecar's token before everything else.</summary>
public sealed class ServiceInAPodTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData("/health/live"), InlineData("/health/started"), InlineData("/health/ready"), InlineData("/health/serving")]
    public async Task A_probe_needs_no_token(string path)
    {
        await using var service = await StartAsync("secret");

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(service, path, token: null));
    }

    [Theory, InlineData(null, HttpStatusCode.Unauthorized), InlineData("", HttpStatusCode.Unauthorized), InlineData("secre", HttpStatusCode.Unauthorized),
        InlineData("secret2", HttpStatusCode.Unauthorized), InlineData("secret", HttpStatusCode.OK)]
    public async Task Only_the_sidecar_that_shows_the_token_is_served(string? token, HttpStatusCode expected)
    {
        await using var service = await StartAsync("secret");

        Assert.Equal(expected, await StatusAsync(service, "/work", token));
    }

    [Fact]
    public async Task Without_a_token_of_its_own_a_service_asks_for_none()
    {
        await using var service = await StartAsync(appToken: null);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(service, "/work", token: null));
    }

    [Fact]
    public async Task The_public_edge_asks_its_callers_for_none()
    {
        await using var service = await StartAsync("secret", isPublicEdge: true);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(service, "/work", token: null));
    }

    [Fact]
    public async Task A_service_that_waits_for_another_is_live_and_started_but_not_ready()
    {
        await using var service = await StartAsync("secret", isReady: false);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(service, "/health/live", token: null));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(service, "/health/started", token: null));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(service, "/health/ready", token: null));
    }

    [Theory, InlineData("/health/ready", HttpStatusCode.OK), InlineData("/health/down", HttpStatusCode.ServiceUnavailable), InlineData(null, HttpStatusCode.ServiceUnavailable)]
    public async Task A_service_may_be_given_requests_while_its_sidecar_answers_whatever_other_services_do(string? sidecar, HttpStatusCode expected)
    {
        await using var other = await Shopfront.OpenAsync(outbound: sidecar);
        await using var service = await StartAsync("secret", isReady: false, sidecar: sidecar is null ? "http://127.0.0.1:1" : other.Address);

        Assert.Equal(expected, await StatusAsync(service, "/health/serving", token: null));
    }

    [Theory, InlineData(null, "http://127.0.0.1:8080"), InlineData("*", "http://*:8080"), InlineData("[::]", "http://[::]:8080")]
    public void A_service_listens_on_this_machine_only_unless_it_is_told_otherwise(string? bind, string url)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("DAPRORDERS_BIND", bind)]).Build();

        Assert.Equal(url, configuration.UrlOf("8080"));
    }

    private static async Task<WebApplication> StartAsync(string? appToken, bool isPublicEdge = false, bool isReady = true, string? sidecar = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration["APP_API_TOKEN"] = appToken;
        builder.Configuration["APP_PORT"] = "0";
        builder.Configuration["DAPR_HTTP_ENDPOINT"] = sidecar;
        builder.AddServiceDefaults();
        builder.Logging.ClearProviders();
        builder.Services.AddHealthChecks().AddCheck("another service", () => isReady ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("away"), [Health.ReadyTag]);
        var app = builder.Build().UseServiceDefaults(isPublicEdge);
        app.MapGet("/work", () => "done");
        await app.StartAsync(Cancellation);
        return app;
    }

    private static async Task<HttpStatusCode> StatusAsync(WebApplication service, string path, string? token)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, service.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + path);
        if (token is not null) request.Headers.Add("dapr-api-token", token);
        using var answer = await http.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }
}

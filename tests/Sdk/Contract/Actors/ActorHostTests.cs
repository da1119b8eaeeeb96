using System.Net;
using System.Text.Json;
using Dapr.Actors;
using Dapr.Actors.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Sdk.Contract.Actors;

/// <summary>What a host of actors tells and answers a sidecar.</summary>
public sealed class ActorHostTests
{
    [Fact]
    public async Task Options_that_are_not_set_are_not_told()
    {
        await using var app = await StartAsync(options => options.Actors.RegisterActor<Plain>());

        Assert.Equal("""{"entities":["Plain"],"reentrancy":{"enabled":false}}""", await GetAsync(app, "dapr/config"));
    }

    [Fact]
    public async Task A_type_with_options_of_its_own_writes_JSON_as_the_app_does()
    {
        await using var app = await StartAsync(options =>
        {
            options.JsonSerializerOptions = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
            options.Actors.RegisterActor<Plain>(new ActorRuntimeOptions { ReentrancyConfig = new ActorReentrancyConfig { Enabled = true } });
        });

        Assert.Equal("""{"in_words":"one"}""", await PutAsync(app, "actors/Plain/1/method/Say"));
    }

    [Fact]
    public async Task A_type_that_is_registered_twice_is_hosted()
    {
        await using var app = await StartAsync(options =>
        {
            options.Actors.RegisterActor<Plain>();
            options.Actors.RegisterActor<Plain>();
        });

        Assert.Equal("""{"inWords":"one"}""", await PutAsync(app, "actors/Plain/1/method/Say"));
    }

    [Fact]
    public async Task A_token_need_not_be_named_by_the_callers_of_a_method()
    {
        await using var app = await StartAsync(options => options.Actors.RegisterActor<Plain>());

        Assert.Equal("3", await PutAsync(app, "actors/Plain/1/method/Count", "2"));
    }

    private static async Task<WebApplication> StartAsync(Action<ActorRuntimeOptions> configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddActors(configure);
        var app = builder.Build();
        app.MapActorsHandlers();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private static Task<string> GetAsync(WebApplication app, string path) => SendAsync(app, new HttpRequestMessage(HttpMethod.Get, path));

    private static Task<string> PutAsync(WebApplication app, string path, string body = "") =>
        SendAsync(app, new HttpRequestMessage(HttpMethod.Put, path) { Content = new StringContent(body) });

    private static async Task<string> SendAsync(WebApplication app, HttpRequestMessage request)
    {
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    public interface IPlain : IActor
    {
        Task<Saying> Say();

        Task<int> Count(int from, CancellationToken cancellationToken = default);
    }

    public sealed record Saying(string InWords);

    public sealed class Plain(ActorHost host) : Actor(host), IPlain
    {
        public Task<Saying> Say() => Task.FromResult(new Saying("one"));

        public Task<int> Count(int from, CancellationToken cancellationToken = default) => Task.FromResult(from + 1);
    }
}

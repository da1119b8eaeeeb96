using System.Net;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

/// <summary>What daprd says to calls that fail; over gRPC it says less than over HTTP.</summary>
public sealed class ActorTextTests
{
    [Theory]
    [InlineData("a%01b", "a\u0001b", "method contains control character at position 1: \"a\\x01b\"")]
    [InlineData("%C3%A4%07", "ä\a", "method contains control character at position 2: \"ä\\a\"")]
    [InlineData("%E2%80%A8%F0%9F%98%80%7F", "\u2028😀\u007f", "method contains control character at position 7: \"\\u2028😀\\x7f\"")]
    [InlineData("a%22%5C%23", "a\"\\#", "method contains forbidden character: \"a\\\"\\\\#\"")]
    [InlineData("a%3F%01", "a?\u0001", "method contains forbidden character: \"a?\\x01\"")]
    public async Task Why_a_method_is_refused(string inPath, string method, string why)
    {
        await using var app = await ActorApp.StartAsync();

        Assert.Equal((HttpStatusCode.BadRequest, "ERR_BAD_REQUEST", $"invalid request: {why}"), await app.FailAsync("POST", $"Cart/1/method/{inPath}"));
        Assert.Equal((StatusCode.InvalidArgument, $"invalid actor method: {why}"), await FailGrpcAsync(app, new() { ActorType = "Cart", ActorId = "1", Method = method }));
    }

    [Theory]
    [InlineData("a%01b", "1", "a\u0001b", "1", "invalid actorType: name contains control character at position 1: \"a\\x01b\"")]
    [InlineData("Cart", "a%2Fb", "Cart", "a/b", "invalid actorId: name contains forbidden character: \"a/b\"")]
    public async Task Why_an_actor_is_refused(string typeInPath, string idInPath, string type, string id, string why)
    {
        await using var app = await ActorApp.StartAsync();

        Assert.Equal((HttpStatusCode.BadRequest, "ERR_BAD_REQUEST", $"invalid request: {why}"), await app.FailAsync("POST", $"{typeInPath}/{idInPath}/method/m"));
        Assert.Equal((StatusCode.InvalidArgument, why), await FailGrpcAsync(app, new() { ActorType = type, ActorId = id, Method = "m" }));
    }

    [Fact]
    public async Task That_nobody_hosts_an_actor()
    {
        await using var app = await ActorApp.StartAsync();
        const string why = "failed to lookup actor: api error: code = FailedPrecondition desc = did not find address for actor 'Nobody/1'";

        var overHttp = app.FailAsync("POST", "Nobody/1/method/m");
        var overGrpc = FailGrpcAsync(app, new() { ActorType = "Nobody", ActorId = "1", Method = "m" });

        Assert.Equal((HttpStatusCode.InternalServerError, "ERR_ACTOR_INVOKE_METHOD", $"error invoke actor method: {why}"), await overHttp);
        Assert.Equal((StatusCode.FailedPrecondition, why), await overGrpc);
    }

    [Fact]
    public async Task What_failed_behind_another_sidecar_comes_with_the_status_between_the_two()
    {
        await using var app = await ActorApp.StartAsync();
        app.Does["bad"] = context =>
        {
            context.Response.StatusCode = 418;
            return Task.CompletedTask;
        };
        var other = await app.One.AddAsync("other");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{other.HttpPort}") };
        using var channel = new GrpcChannel(new Uri($"http://127.0.0.1:{other.GrpcPort}"));

        using var answer = await http.PostAsync(new Uri("/v1.0/actors/Cart/1/method/bad", UriKind.Relative), content: null, TestContext.Current.CancellationToken);
        var overGrpc = await FailGrpcAsync(channel, new() { ActorType = "Cart", ActorId = "1", Method = "bad" });

        Assert.Equal(
            """{"errorCode":"ERR_ACTOR_INVOKE_METHOD","message":"error invoke actor method: rpc error: code = Internal desc = """
                + """error invoke actor method: error from actor service: (418) "}""",
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal((StatusCode.Internal, "error invoke actor method: error from actor service: (418) "), overGrpc);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task The_name_of_a_reminder_is_as_long_as_the_scheduler_lets_it_be(string verb)
    {
        await using var app = await ActorApp.StartAsync();
        var body = verb == "POST" ? """{"dueTime":"1h"}""" : null;

        using var fits = await app.SendAsync("POST", $"Cart/1/reminders/{new string('a', 400)}", """{"dueTime":"1h"}""");
        var (status, code, message) = await app.FailAsync(verb, $"Cart/1/reminders/{new string('a', 600)}", body);
        using var timer = await app.SendAsync("POST", $"Cart/1/timers/{new string('a', 600)}", """{"dueTime":"1h"}""");

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (fits.StatusCode, timer.StatusCode));
        Assert.Equal((HttpStatusCode.InternalServerError, $"ERR_ACTOR_REMINDER_{(verb == "POST" ? "CREATE" : verb)}"), (status, code));
        Assert.Contains("too long", message, StringComparison.Ordinal);
    }

    private static async Task<(StatusCode, string)> FailGrpcAsync(ActorApp app, InvokeActorRequest request)
    {
        using var channel = app.One.OpenGrpc();
        return await FailGrpcAsync(channel, request);
    }

    private static async Task<(StatusCode, string)> FailGrpcAsync(GrpcChannel channel, InvokeActorRequest request)
    {
        var error = await Assert.ThrowsAsync<RpcException>(
            () => channel.UnaryAsync(DaprMethods.InvokeActor, request, new CallOptions { Cancellation = TestContext.Current.CancellationToken }));
        return (error.StatusCode, error.Detail);
    }
}

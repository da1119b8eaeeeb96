using System.Net;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

/// <summary>What retries and circuit breakers of an actor type make of the app's answers.</summary>
public sealed class ActorResiliencyTests
{
    private const string Policies = """
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata: {name: resiliency}
        spec:
          policies:
            retries: {twice: {policy: constant, duration: 1ms, maxRetries: 2}}
            circuitBreakers: {fuse: {timeout: 1h, trip: "consecutiveFailures >= 2"}}
          targets: {actors: {Retried: {retry: twice}, Broken: {circuitBreaker: fuse}}}
        """;

    private static readonly string store = OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true"));

    private int _calls;

    [Theory]
    [InlineData("thrown", 200, 3)]
    [InlineData("500", 500, 3)]
    [InlineData("404", 500, 1)]
    [InlineData("200", 200, 1)]
    public async Task An_answer_that_tells_an_error_is_repeated_and_one_that_knows_no_such_method_is_not(string method, int status, int calls)
    {
        await using var one = await OneSidecar.StartAsync(AnswerAsync, configuration: null, store, Policies);

        using var answer = await CallAsync(one, $"Retried/1/method/{method}");

        Assert.Equal((status, calls), ((int)answer.StatusCode, _calls));
        if (method == "thrown") Assert.Equal("why", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("thrown", HttpStatusCode.OK)]
    [InlineData("404", HttpStatusCode.InternalServerError)]
    public async Task Answers_that_tell_an_error_open_the_circuit_breaker(string method, HttpStatusCode status)
    {
        await using var one = await OneSidecar.StartAsync(AnswerAsync, configuration: null, store, Policies);

        for (var i = 0; i < 2; i++)
        {
            using var failed = await CallAsync(one, $"Broken/1/method/{method}");
            Assert.Equal(status, failed.StatusCode);
        }

        using var refused = await CallAsync(one, "Broken/1/method/200");
        Assert.Contains("circuit breaker is open", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(2, _calls);
    }

    private static Task<HttpResponseMessage> CallAsync(OneSidecar one, string route) =>
        one.Http.PostAsync(new Uri($"/v1.0/actors/{route}", UriKind.Relative), content: null, TestContext.Current.CancellationToken);

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/dapr/config") await context.Response.WriteAsync("""{"entities": ["Retried", "Broken"]}""", context.RequestAborted);
        if (context.Request.Path.Value?.Split("/method/") is not [_, var method]) return;
        Interlocked.Increment(ref _calls);
        if (method == "thrown")
        {
            context.Response.Headers["X-DaprErrorResponseHeader"] = "true";
            await context.Response.WriteAsync("why", context.RequestAborted);
        }
        else
        {
            context.Response.StatusCode = int.Parse(method);
        }
    }
}

using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace LocalDapr.Runtime.Tests.Hosting;

public sealed class DrainTests
{
    private static readonly string[] Resources =
    [
        OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true")),
        OneSidecar.Component("pubsub", "pubsub.in-memory"),
        "apiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata: {name: news}\n"
            + "spec: {pubsubname: pubsub, topic: news, routes: {default: /news} }",
    ];

    private readonly ConcurrentQueue<string> _calls = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_drained_app_loses_its_actors_and_gets_no_events_while_its_APIs_go_on()
    {
        await using var one = await OneSidecar.StartAsync(AnswerAsync, configuration: null, Resources);
        Assert.Equal(HttpStatusCode.OK, await PostAsync(one, "/v1.0/actors/Thing/1/method/do"));

        await one.Sidecar.DrainAsync();

        Assert.Contains("DELETE /actors/Thing/1", _calls);
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(one, "/v1.0/publish/pubsub/news"));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(one, "/v1.0/invoke/app/method/x"));
        await one.Sidecar.DisposeAsync();
        Assert.DoesNotContain("POST /news", _calls);
        Assert.Single(_calls, "DELETE /actors/Thing/1");
    }

    private static async Task<HttpStatusCode> PostAsync(OneSidecar one, string path)
    {
        using var content = new StringContent("1");
        using var answer = await one.Http.PostAsync(new Uri(path, UriKind.Relative), content, Stop);
        return answer.StatusCode;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        _calls.Enqueue($"{context.Request.Method} {context.Request.Path}");
        if (context.Request.Path == "/dapr/config") await context.Response.WriteAsync("""{"entities": ["Thing"]}""", context.RequestAborted);
        else if (context.Request.Path == "/dapr/subscribe") context.Response.StatusCode = StatusCodes.Status404NotFound;
    }
}

using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

/// <summary>What a host does on its own: reminders, deactivation, leaving and coming back.</summary>
public sealed class ActorHostTests
{
    private static readonly string store = OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true"));

    private readonly ConcurrentQueue<string> _calls = new();
    private readonly ConcurrentDictionary<string, Func<HttpContext, Task>> _behaviour = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task However_many_reminders_wait_for_a_busy_actor_those_of_others_fire()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _behaviour["PUT /actors/Cart/busy/method/hold"] = _ => held.Task;
        await using var one = await OneSidecar.StartAsync(AnswerAsync, configuration: null, store);
        var turn = one.Http.PostAsync(Path("Cart/busy/method/hold"), content: null, Stop);
        await SeenAsync("PUT /actors/Cart/busy/method/hold");

        for (var i = 0; i < 300; i++) Assert.Equal(204, await SendAsync(one, $"Cart/busy/reminders/{i}", """{"dueTime":"0s"}"""));
        Assert.Equal(204, await SendAsync(one, "Cart/free/reminders/r", """{"dueTime":"0s"}"""));

        await SeenAsync("PUT /actors/Cart/free/method/remind/r");
        held.SetResult();
        (await turn).Dispose();
        await OneSidecar.EventuallyAsync(() => Task.FromResult(_calls.Count == 302), "all reminders");
    }

    [Fact]
    public async Task While_its_app_is_not_well_a_host_has_no_actors_and_no_types_and_afterwards_all_types_again()
    {
        var (well, rang) = (true, 0);
        _behaviour["GET /healthz"] = context =>
        {
            context.Response.StatusCode = Volatile.Read(ref well) ? 200 : 503;
            return Task.CompletedTask;
        };
        _behaviour["PUT /actors/Cart/1/method/timer/t"] = _ => Task.FromResult(Interlocked.Increment(ref rang));
        await using var one = await OneSidecar.StartProbedAsync(AnswerAsync, store);
        Assert.Equal(200, await SendAsync(one, "Cart/1/method/wake"));
        Assert.Equal(204, await SendAsync(one, "Cart/1/state", "[]"));
        Assert.Equal(204, await SendAsync(one, "Cart/1/timers/t", """{"period":"20ms"}"""));

        Volatile.Write(ref well, false);
        await EventuallyAsync(one, """{"runtimeStatus":"INITIALIZING"}""");
        await SeenAsync("DELETE /actors/Cart/1");
        Assert.Equal(403, await SendAsync(one, "Cart/1/reminders/r", """{"dueTime":"1h"}"""));
        Assert.Equal(500, await SendAsync(one, "Cart/1/timers/u", "{}"));
        await OneSidecar.EventuallyAsync(async () => await SendAsync(one, "Cart/1/state", "[]") == 400, "the end of the actor");
        var call = SendAsync(one, "Cart/2/method/wake"); // looks for a host for a few seconds only
        Assert.Equal(400, await SendAsync(one, "Cart/1/state", "[]"));
        Assert.DoesNotContain("PUT /actors/Cart/2/method/wake", _calls);
        var before = Volatile.Read(ref rang);

        Volatile.Write(ref well, true);
        Assert.Equal(200, await call);
        Assert.Equal(204, await SendAsync(one, "Cart/1/reminders/r", """{"dueTime":"1h"}"""));
        await OneSidecar.EventuallyAsync(() => Task.FromResult(Volatile.Read(ref rang) > before + 1), "the timer goes on");
        await EventuallyAsync(
            one, """{"runtimeStatus":"RUNNING","activeActors":[{"type":"Cart","count":2}],"hostReady":true,"placement":"placement: connected"}""");
    }

    [Theory]
    [InlineData("404", false, "")]
    [InlineData("{}", false, "")]
    [InlineData("""{"entities":["Cart"]}""", false, ""","activeActors":[{"type":"Cart"}]""")]
    [InlineData(null, false, "")]
    [InlineData("404", true, "")]
    [InlineData(null, true, "")]
    public async Task A_sidecar_whose_app_hosts_nothing_is_ready_to_call_actors_all_the_same(string? config, bool hasStore, string types)
    {
        Task AnswerConfigAsync(HttpContext context)
        {
            if (context.Request.Path == "/dapr/config" && config != "404") return context.Response.WriteAsync(config!, context.RequestAborted);
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        }

        await using var one = await OneSidecar.StartAsync(config is null ? null : AnswerConfigAsync, configuration: null, hasStore ? [store] : []);

        await EventuallyAsync(one, $$"""{"runtimeStatus":"RUNNING"{{types}},"hostReady":true,"placement":"placement: connected"}""");
    }

    private static async Task<int> SendAsync(OneSidecar one, string route, string body = "")
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await one.Http.PostAsync(Path(route), content, Stop);
        return (int)answer.StatusCode;
    }

    private static async Task EventuallyAsync(OneSidecar one, string actorRuntime) => await OneSidecar.EventuallyAsync(
        async () => (await one.Http.GetStringAsync(new Uri("/v1.0/metadata", UriKind.Relative), Stop))
            .Contains($"\"actorRuntime\":{actorRuntime}", StringComparison.Ordinal),
        actorRuntime);

    private static Uri Path(string route) => new($"/v1.0/actors/{route}", UriKind.Relative);

    private Task SeenAsync(string call) => OneSidecar.EventuallyAsync(() => Task.FromResult(_calls.Contains(call)), call);

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/dapr/config")
        {
            await context.Response.WriteAsync("""{"entities": ["Cart"]}""", context.RequestAborted);
            return;
        }

        var call = $"{context.Request.Method} {context.Request.Path.Value}";
        if (context.Request.Path.StartsWithSegments("/actors")) _calls.Enqueue(call);
        if (_behaviour.TryGetValue(call, out var behaviour)) await behaviour(context);
    }
}

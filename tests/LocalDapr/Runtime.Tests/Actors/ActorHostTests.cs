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

        for (var i = 0; i < 300; i++) await RemindAsync(one, $"Cart/busy/reminders/{i}");
        await RemindAsync(one, "Cart/free/reminders/r");

        await SeenAsync("PUT /actors/Cart/free/method/remind/r");
        held.SetResult();
        (await turn).Dispose();
        await OneSidecar.EventuallyAsync(() => Task.FromResult(_calls.Count == 302), "all reminders");
    }

    private static Uri Path(string route) => new($"/v1.0/actors/{route}", UriKind.Relative);

    private static async Task RemindAsync(OneSidecar one, string route)
    {
        using var body = new StringContent("""{"dueTime":"0s"}""", Encoding.UTF8, "application/json");
        using var answer = await one.Http.PostAsync(Path(route), body, Stop);
        answer.EnsureSuccessStatusCode();
    }

    private Task SeenAsync(string call) => OneSidecar.EventuallyAsync(() => Task.FromResult(_calls.Contains(call)), call);

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/dapr/config")
        {
            await context.Response.WriteAsync("""{"entities": ["Cart"]}""", context.RequestAborted);
            return;
        }

        if (!context.Request.Path.StartsWithSegments("/actors")) return;
        var call = $"{context.Request.Method} {context.Request.Path.Value}";
        _calls.Enqueue(call);
        if (_behaviour.TryGetValue(call, out var behaviour)) await behaviour(context);
    }
}

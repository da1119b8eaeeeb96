using Dapr.Actors;
using Dapr.Actors.Runtime;
using Xunit;

namespace Sdk.Tests.Actors;

/// <summary>State over turns of one actor that overlap because they belong to one chain of reentrant calls.</summary>
public sealed class ChainTests : IAsyncLifetime
{
    private ActorApp _app = null!;

    public async ValueTask InitializeAsync() => _app = await ActorApp.StartAsync(options =>
    {
        options.ReentrancyConfig = new ActorReentrancyConfig { Enabled = true };
        options.Actors.RegisterActor<Chained>();
    });

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task An_inner_turn_that_fails_leaves_the_changes_of_the_outer_one()
    {
        using var answer = await _app.PutAsync("actors/Chained/1/method/Outer", "", chain: "c");

        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal("\"outer\"", _app.State["Chained/1/before"]);
        Assert.Equal("\"outer\"", _app.State["Chained/1/after"]);
        Assert.False(_app.State.ContainsKey("Chained/1/inner"));
    }

    [Fact]
    public async Task Inner_turns_that_run_together_each_save_what_they_changed()
    {
        using var answer = await _app.PutAsync("actors/Chained/1/method/Fan", "20", chain: "c");

        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal(20, _app.State.Count(pair => pair.Key.StartsWith("Chained/1/fan", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_turn_outside_of_chains_sees_what_a_chain_saved()
    {
        using var before = await _app.PutAsync("actors/Chained/1/method/Read", "");
        using var set = await _app.PutAsync("actors/Chained/1/method/Set", "\"before\"", chain: "c");
        using var after = await _app.PutAsync("actors/Chained/1/method/Read", "");

        Assert.Equal("\"none\"", await before.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("\"outer\"", await after.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_turn_of_a_timer_is_named_as_the_official_SDK_names_it()
    {
        using var fired = await _app.PutAsync("actors/Chained/1/method/timer/t", """{"callback":"LastTurn","dueTime":"","period":""}""");
        using var turn = await _app.PutAsync("actors/Chained/1/method/LastTurn", "");

        Assert.Equal("\"FireTimerAsync TimerMethod\"", await turn.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}

public interface IChained : IActor
{
    Task Outer();

    Task Inner();

    Task Fan(int width);

    Task Set(string key);

    Task<string> Read();

    Task<string> LastTurn();
}

public sealed class Chained(ActorHost host) : Actor(host), IChained
{
    private string _lastTurn = "";

    private IChained Self => ProxyFactory.CreateActorProxy<IChained>(Id, nameof(Chained));

    public async Task Outer()
    {
        await Set("before");
        await Assert.ThrowsAsync<ActorMethodInvocationException>(Self.Inner);
        await Set("after");
    }

    public async Task Inner()
    {
        await Set("inner");
        throw new InvalidOperationException("as asked");
    }

    public Task Fan(int width) => Task.WhenAll(Enumerable.Range(0, width).Select(i => Self.Set($"fan{i}")));

    public Task Set(string key) => StateManager.SetStateAsync(key, "outer");

    public async Task<string> Read() => await StateManager.TryGetStateAsync<string>("before") is { HasValue: true, Value: var value } ? value : "none";

    public Task<string> LastTurn() => Task.FromResult(_lastTurn);

    protected override Task OnPostActorMethodAsync(ActorMethodContext actorMethodContext)
    {
        _lastTurn = $"{actorMethodContext.MethodName} {actorMethodContext.CallType}";
        return Task.CompletedTask;
    }
}

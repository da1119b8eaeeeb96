using System.Text.Json;
using Dapr;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Sdk.Tests.Actors;

public sealed class ActorTests : IAsyncLifetime
{
    private ActorApp _app = null!;

    private ActorProxy Weak => _app.Proxies.Create(new ActorId("c 1"), nameof(Counter));

    private ICounter Typed => _app.Proxies.CreateActorProxy<ICounter>(new ActorId("c 1"), nameof(Counter));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await ActorApp.StartAsync(
        options =>
        {
            options.ActorIdleTimeout = TimeSpan.FromMinutes(90);
            options.Actors.RegisterActor<Counter>();
        },
        services => services.AddScoped<Scoped>());

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task A_weakly_typed_call_carries_its_argument_and_result_as_JSON()
    {
        var result = await Weak.InvokeMethodAsync<Addition, int>("Add", new Addition(3), Cancellation);

        Assert.Equal(3, result);
        Assert.Contains(_app.Requests, r => r is { Verb: "PUT", Path: "Counter/c 1/method/Add", Body: """{"amount":3}""" });
    }

    [Fact]
    public async Task A_typed_proxy_takes_methods_with_no_one_and_several_arguments()
    {
        Assert.Equal(5, await Typed.Add(new Addition(5)));
        Assert.Equal(5, await Typed.Read(Cancellation));
        Assert.Equal("left7", await Typed.Join("left", 7));
    }

    [Fact]
    public async Task All_changes_of_a_turn_are_saved_in_one_transaction_and_a_turn_without_changes_saves_nothing()
    {
        await Weak.InvokeMethodAsync("Add", new Addition(1), Cancellation);
        await Weak.InvokeMethodAsync("Add", new Addition(1), Cancellation);
        await Weak.InvokeMethodAsync<int>("Read", Cancellation);

        Assert.Equal("2", _app.State["Counter/c 1/count"]);
        Assert.Equal(2, _app.Requests.Count(r => r is { Verb: "PUT", Path: "Counter/c 1/state" }));
        Assert.Single(_app.Requests, r => r is { Verb: "GET", Path: "Counter/c 1/state/count" });
    }

    [Fact]
    public async Task A_turn_that_fails_saves_nothing_and_tells_its_caller_why()
    {
        await Weak.InvokeMethodAsync("Add", new Addition(1), Cancellation);

        var weak = await Assert.ThrowsAsync<DaprApiException>(() => Weak.InvokeMethodAsync("Fail", "no luck", Cancellation));
        var typed = await Assert.ThrowsAsync<ActorMethodInvocationException>(() => Typed.Fail("no luck"));

        Assert.Contains("InvalidOperationException: no luck", weak.Message, StringComparison.Ordinal);
        var inner = Assert.IsType<ActorInvokeException>(typed.InnerException);
        Assert.Equal((typeof(InvalidOperationException).FullName, "no luck"), (inner.ActualExceptionType, inner.Message));
        Assert.Equal(1, await Typed.Read(Cancellation));
    }

    [Fact]
    public async Task A_removed_value_is_deleted_and_gone()
    {
        await Typed.Add(new Addition(1));
        await Typed.Forget();

        Assert.False(_app.State.ContainsKey("Counter/c 1/count"));
        await Assert.ThrowsAsync<ActorMethodInvocationException>(Typed.Forget);
    }

    [Fact]
    public async Task Reminders_and_timers_are_registered_in_the_notation_of_the_runtime()
    {
        await Typed.Remind("r");
        await Typed.Tick();

        Assert.Contains(_app.Requests, r => r is
        {
            Verb: "PUT", Path: "Counter/c 1/reminders/r", Body: """{"dueTime":"0h1m30s0ms","period":"0h0m1s500ms","data":"AQID"}""",
        });
        Assert.Contains(_app.Requests, r => r is
        {
            Verb: "PUT", Path: "Counter/c 1/timers/tick",
            Body: """{"dueTime":"0h0m0s0ms","period":"0h0m2s0ms","data":"Bw==","callback":"OnTick"}""",
        });
    }

    [Theory]
    [InlineData("", -1)]
    [InlineData("0h0m1s500ms", 1500)]
    [InlineData("@every 1m0s", 60_000)]
    [InlineData("R3/PT2S", 2000)]
    public async Task A_reminder_fires_with_its_data_whatever_notation_the_period_has(string period, int milliseconds)
    {
        using var fired = await _app.PutAsync("actors/Counter/a/method/remind/r", $$"""{"data":"AQID","dueTime":"","period":"{{period}}"}""");

        Assert.True(fired.IsSuccessStatusCode);
        var journal = await _app.Proxies.CreateActorProxy<ICounter>(new ActorId("a"), nameof(Counter)).Journal();
        Assert.Equal($"activated, r 010203 {milliseconds}", journal);
    }

    [Fact]
    public async Task A_timer_calls_its_private_callback()
    {
        using var fired = await _app.PutAsync("actors/Counter/a/method/timer/tick", """{"callback":"OnTick","data":"Bw==","dueTime":"","period":""}""");

        Assert.Equal("false", await fired.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("activated, tick 07", await _app.Proxies.CreateActorProxy<ICounter>(new ActorId("a"), nameof(Counter)).Journal());
    }

    [Fact]
    public async Task A_deactivated_actor_ends_with_its_scope_and_begins_anew_with_the_next_call()
    {
        var before = Scoped.Disposed;
        await Typed.Add(new Addition(4));

        using var answer = await _app.DeleteAsync("actors/Counter/c%201");

        Assert.True(answer.IsSuccessStatusCode);
        Assert.True(Scoped.Disposed > before);
        Assert.Equal(4, await Typed.Read(Cancellation));
        Assert.Equal("activated", await Typed.Journal());
    }

    [Fact]
    public async Task The_app_tells_its_types_and_options()
    {
        using var config = JsonDocument.Parse(await _app.GetAsync("dapr/config"));

        Assert.Equal("Counter", config.RootElement.GetProperty("entities")[0].GetString());
        Assert.Equal("1h30m0s0ms", config.RootElement.GetProperty("actorIdleTimeout").GetString());
        Assert.False(config.RootElement.GetProperty("reentrancy").GetProperty("enabled").GetBoolean());
    }

    [Theory]
    [InlineData(typeof(Counter), "is not an interface")]
    [InlineData(typeof(IGeneric<int>), "is generic")]
    [InlineData(typeof(IStranger), "derives from")]
    [InlineData(typeof(IVoid), "returns no Task")]
    [InlineData(typeof(IOverloaded), "is overloaded")]
    [InlineData(typeof(IGenericMethod), "is generic")]
    [InlineData(typeof(IByReference), "by reference")]
    [InlineData(typeof(IOptional), "optional parameter 'value'")]
    [InlineData(typeof(IList), "parameter list")]
    [InlineData(typeof(ITokenFirst), "before other parameters")]
    public void An_interface_that_the_official_SDK_refuses_is_refused(Type actorInterface, string why)
    {
        var refused = Assert.Throws<ArgumentException>(() => _app.Proxies.CreateActorProxy(new ActorId("1"), actorInterface, "Any"));

        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_actor_can_be_made_for_a_unit_test()
    {
        using var scoped = new Scoped();
        var host = ActorHost.CreateForTest<Counter>(new ActorTestOptions { ActorId = new ActorId("unit") });

        var counter = new Counter(host, scoped);

        Assert.Equal("unit", counter.Id.GetId());
        Assert.Equal(nameof(Counter), ActorReference.Get(counter).ActorType);
    }

    private interface IGeneric<T> : IActor
    {
        Task<T> Call();
    }

    private interface IStranger : IActor, IDisposable;

    private interface IVoid : IActor
    {
        void Call();
    }

    private interface IOverloaded : IActor
    {
        Task Call();

        Task Call(int more);
    }

    private interface IGenericMethod : IActor
    {
        Task Call<T>(T value);
    }

    private interface IByReference : IActor
    {
        Task Call(ref int value);
    }

    private interface IOptional : IActor
    {
        Task Call(int value = 1);
    }

    private interface IList : IActor
    {
        Task Call(params int[] values);
    }

    private interface ITokenFirst : IActor
    {
#pragma warning disable CA1068 // that it is so is what the test is for
        Task Call(CancellationToken token, int value);
#pragma warning restore CA1068
    }
}

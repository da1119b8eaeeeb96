using System.Text.Json;
using Dapr.Actors;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;
using Xunit;

namespace Sdk.Contract.Actors;

/// <summary>What ids, references, schedules and options allow, and how they refuse the rest. No sidecar takes part.</summary>
public sealed class ActorRuleTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    public void An_id_is_not_blank(string? text) => Assert.Throws<ArgumentException>(() => new ActorId(text!));

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\" \"")]
    [InlineData("7")]
    public void A_blank_id_is_no_JSON_of_one(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ActorId>(json));

    [Fact]
    public void A_reference_is_of_an_actor_of_a_proxy_or_of_nothing()
    {
        Assert.Null(ActorReference.Get(null!));
        Assert.Equal("1", ActorReference.Get(ActorProxy.Create<IPatient>(new ActorId("1"), "Any")).ActorId.GetId());
        Assert.Throws<ArgumentOutOfRangeException>(() => ActorReference.Get(new object()));
    }

    [Fact]
    public void An_interface_may_have_optional_cancellation_tokens() =>
        Assert.NotNull(ActorProxy.Create<IPatient>(new ActorId("1"), "Any"));

    [Fact]
    public void What_is_due_after_its_time_to_live_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActorTimer("T", new ActorId("1"), "n", "Call", [], 2 * Second, Second, ttl: Second));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActorReminder("T", new ActorId("1"), "n", [], 2 * Second, Second, ttl: Second));
    }

    [Fact]
    public void Times_and_partitions_of_a_host_are_positive()
    {
        var options = new ActorRuntimeOptions();

        Assert.Throws<ArgumentOutOfRangeException>(() => options.ActorIdleTimeout = -Second);
        Assert.Throws<ArgumentOutOfRangeException>(() => options.ActorScanInterval = TimeSpan.Zero);
        Assert.Throws<ArgumentOutOfRangeException>(() => options.DrainOngoingCallTimeout = -Second);
        Assert.Throws<ArgumentOutOfRangeException>(() => options.RemindersStoragePartitions = -1);
    }

    [Fact]
    public async Task An_actor_under_test_refuses_what_it_was_not_given()
    {
        var actor = new Patient(ActorHost.CreateForTest<Patient>());

        await Assert.ThrowsAnyAsync<Exception>(() => actor.RegisterTimerAsync("n", "Shared", [], Second, Second));
        Assert.ThrowsAny<Exception>(() => actor.ProxyFactory.Create(new ActorId("2"), "Any"));
    }

    [Fact]
    public async Task A_timer_may_call_a_static_method_and_no_overloaded_one()
    {
        var timers = new Timers();
        var actor = new Patient(ActorHost.CreateForTest<Patient>(new ActorTestOptions { TimerManager = timers }));

        await actor.RegisterTimerAsync("n", "Shared", [], Second, Second);

        Assert.Equal("Shared", timers.Registered!.TimerCallback);
        await Assert.ThrowsAsync<ArgumentException>(() => actor.RegisterTimerAsync("n", "Twice", [], Second, Second));
        await Assert.ThrowsAsync<ArgumentException>(() => actor.RegisterTimerAsync("n", "Nowhere", [], Second, Second));
    }

    public interface IPatient : IActor
    {
        Task Wait(CancellationToken cancellationToken = default);

        Task<int> WaitFor(int seconds, CancellationToken cancellationToken = default);
    }

    public sealed class Patient(ActorHost host) : Actor(host), IPatient
    {
        public Task Wait(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task<int> WaitFor(int seconds, CancellationToken cancellationToken = default) => Task.FromResult(seconds);

        private static Task Shared(byte[] data) => Task.CompletedTask;

        private static Task Twice() => Task.CompletedTask;

        private static Task Twice(byte[] data) => Task.CompletedTask;
    }

    private sealed class Timers : ActorTimerManager
    {
        public ActorTimer? Registered { get; private set; }

        public override Task RegisterTimerAsync(ActorTimer timer)
        {
            Registered = timer;
            return Task.CompletedTask;
        }

        public override Task UnregisterTimerAsync(ActorTimerToken timer) => throw new NotSupportedException();

        public override Task RegisterReminderAsync(ActorReminder reminder) => throw new NotSupportedException();

        public override Task<IActorReminder?> GetReminderAsync(ActorReminderToken reminder) => throw new NotSupportedException();

        public override Task UnregisterReminderAsync(ActorReminderToken reminder) => throw new NotSupportedException();
    }
}

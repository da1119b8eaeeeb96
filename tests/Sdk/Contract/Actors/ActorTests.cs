using Dapr.Actors;
using Dapr.Actors.Client;
using Xunit;

namespace Sdk.Contract.Actors;

public sealed class PlainActorTests(PlainActorHosts hosts) : ActorTests(hosts), IClassFixture<PlainActorHosts>
{
    [Fact]
    public async Task A_proxy_is_handed_on_as_a_reference() => Assert.Equal("other", await Typed("handing").NameOf(Typed("other")));
}

public sealed class JsonActorTests(JsonActorHosts hosts) : ActorTests(hosts), IClassFixture<JsonActorHosts>;

/// <summary>What an actor and its callers can do, on a real sidecar.</summary>
public abstract class ActorTests(ActorHosts hosts)
{
    private const string Type = "BankAccount";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_typed_proxy_calls_methods_with_and_without_arguments()
    {
        var account = Typed("typed");

        Assert.Equal(500, await account.Deposit(new Amount(500, "EUR")));
        Assert.Equal(750, await account.Deposit(new Amount(250, "EUR")));
        Assert.Equal(750, await account.Balance(Cancellation));
        Assert.Equal("BankAccount/typed False", await account.Owner());
    }

    [Fact]
    public async Task A_weakly_typed_proxy_calls_the_same_actor_by_method_names()
    {
        var account = hosts.Proxies.Create(new ActorId("weak"), Type);

        Assert.Equal(5, await account.InvokeMethodAsync<Amount, long>("Deposit", new Amount(5, "EUR"), Cancellation));
        await account.InvokeMethodAsync("Deposit", new Amount(6, "EUR"), Cancellation);

        Assert.Equal(11, await Typed("weak").Balance(Cancellation));
        Assert.Equal("weak", account.ActorId.GetId());
    }

    [Fact]
    public async Task A_failed_turn_changes_nothing_and_says_why()
    {
        var account = Typed("failing");
        await account.Deposit(new Amount(1, "EUR"));

        var failure = await Assert.ThrowsAsync<ActorMethodInvocationException>(() => account.Fail("no luck"));

        var cause = Assert.IsType<ActorInvokeException>(failure.InnerException);
        Assert.Equal((typeof(InvalidOperationException).FullName, "no luck"), (cause.ActualExceptionType, cause.Message));
        Assert.Contains("Remote Actor Method Exception,  DETAILS: Exception: InvalidOperationException, Method Name: ", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, await account.Balance(Cancellation));
    }

    [Fact]
    public async Task A_reminder_fires_as_often_as_it_is_to_with_its_data()
    {
        var account = Typed("reminded");
        await account.Remind("bell");

        await LocalSidecar.EventuallyAsync(async () => (await account.Journal()).Count(note => note == "bell 010203") == 2, () => "the reminder to fire twice");

        Assert.Equal("activated", (await account.Journal())[0]);
    }

    [Fact]
    public async Task A_reminder_can_be_read_and_taken_back() => Assert.True(await Typed("forgetful").Forget("later"));

    [Fact]
    public async Task A_timer_calls_its_callback()
    {
        var account = Typed("ticking");
        await account.Tick();

        await LocalSidecar.EventuallyAsync(async () => (await account.Journal()).Contains("tick 09"), () => "the timer to fire");
    }

    [Fact]
    public async Task State_is_added_once_and_removed_once() => Assert.Equal("True False True False True", await Typed("states").States());

    [Fact]
    public async Task Turns_of_one_actor_come_one_after_the_other()
    {
        var account = Typed("busy");

        var balances = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => account.Deposit(new Amount(1, "EUR"))));

        Assert.Equal(Enumerable.Range(1, 20).Select(n => (long)n), balances.Order());
    }

    protected IAccount Typed(string id) => hosts.Proxies.CreateActorProxy<IAccount>(new ActorId(id), Type);
}

using System.Runtime.Serialization;
using Dapr.Actors;
using Dapr.Actors.Runtime;

namespace Sdk.Contract.Actors;

public interface IAccount : IActor
{
    Task<long> Deposit(Amount amount);

    Task<long> Balance(CancellationToken cancellationToken);

    Task<string> Owner();

    Task Fail(string why);

    Task Remind(string name);

    Task<bool> Forget(string name);

    Task Tick();

    Task<string[]> Journal();

    Task<string> States();

    Task<string> NameOf(IAccount other);
}

// The official SDK writes arguments of typed calls as data contracts, unless JSON is asked for.
[DataContract]
public sealed record Amount([property: DataMember] long Cents, [property: DataMember] string Currency);

/// <summary>An actor that uses each thing that the runtime offers.</summary>
[Actor(TypeName = "BankAccount")]
public sealed class Account(ActorHost host) : Actor(host), IAccount, IRemindable
{
    private const string Cents = "cents";

    public async Task<long> Deposit(Amount amount)
    {
        await NoteAsync($"deposit {amount.Currency}");
        return await StateManager.AddOrUpdateStateAsync(Cents, amount.Cents, (_, before) => before + amount.Cents);
    }

    public Task<long> Balance(CancellationToken cancellationToken) => StateManager.GetOrAddStateAsync(Cents, 0L, cancellationToken);

    public async Task<string> Owner() => $"{Host.ActorTypeInfo.ActorTypeName}/{Id} {(await StateManager.TryGetStateAsync<string>("nothing")).HasValue}";

    public async Task Fail(string why)
    {
        await StateManager.SetStateAsync(Cents, -1L);
        throw new InvalidOperationException(why);
    }

    public Task Remind(string name) => RegisterReminderAsync(name, [1, 2, 3], TimeSpan.Zero, TimeSpan.FromSeconds(1), repetitions: 2);

    public async Task<bool> Forget(string name)
    {
        await RegisterReminderAsync(name, [7], TimeSpan.FromHours(1), TimeSpan.FromHours(2));
        var before = await GetReminderAsync(name);
        await UnregisterReminderAsync(name);
        return before is { State: [7], Period.TotalHours: 2 };
    }

    public Task Tick() => RegisterTimerAsync("tick", nameof(OnTick), [9], TimeSpan.Zero, TimeSpan.FromMilliseconds(-1));

    public Task<string[]> Journal() => StateManager.GetOrAddStateAsync<string[]>("journal", []);

    public async Task<string> States()
    {
        var added = await StateManager.TryAddStateAsync("new", 1);
        var again = await StateManager.TryAddStateAsync("new", 2);
        await StateManager.SetStateAsync("short", 1, TimeSpan.FromHours(1));
        var removed = await StateManager.TryRemoveStateAsync("new");
        return $"{added} {again} {removed} {await StateManager.ContainsStateAsync("new")} {await StateManager.ContainsStateAsync("short")}";
    }

    public Task<string> NameOf(IAccount other) => Task.FromResult(ActorReference.Get(other).ActorId.GetId());

    public Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period) =>
        NoteAsync($"{reminderName} {Convert.ToHexString(state)}");

    protected override Task OnActivateAsync() => NoteAsync("activated");

    private Task OnTick(byte[] data) => NoteAsync($"tick {Convert.ToHexString(data)}");

    private Task NoteAsync(string what) => StateManager.AddOrUpdateStateAsync<string[]>("journal", [what], (_, before) => [.. before, what]);
}

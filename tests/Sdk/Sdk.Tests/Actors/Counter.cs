using System.Runtime.Serialization;
using Dapr.Actors;
using Dapr.Actors.Runtime;

namespace Sdk.Tests.Actors;

public interface ICounter : IActor
{
    Task<int> Add(Addition addition);

    Task<int> Read(CancellationToken cancellationToken);

    Task<string> Join(string left, int right);

    Task Fail(string why);

    Task Forget();

    Task Remind(string name);

    Task Tick();

    Task<string> Journal();
}

[DataContract]
public sealed record Addition([property: DataMember] int Amount);

/// <summary>What the container gives to each actor; its disposal tells that the actor's scope ended.</summary>
public sealed class Scoped : IDisposable
{
    private static int disposed;

    public static int Disposed => Volatile.Read(ref disposed);

    public void Dispose() => Interlocked.Increment(ref disposed);
}

public sealed class Counter(ActorHost host, Scoped scoped) : Actor(host), ICounter, IRemindable
{
    private readonly List<string> _journal = [];

    public async Task<int> Add(Addition addition) =>
        await StateManager.AddOrUpdateStateAsync("count", addition.Amount, (_, old) => old + addition.Amount);

    public Task<int> Read(CancellationToken cancellationToken) => StateManager.GetOrAddStateAsync("count", 0, cancellationToken);

    public Task<string> Join(string left, int right) => Task.FromResult($"{left}{right}");

    public async Task Fail(string why)
    {
        await StateManager.SetStateAsync("count", -1);
        throw new InvalidOperationException(why);
    }

    public Task Forget() => StateManager.RemoveStateAsync("count");

    public Task Remind(string name) => RegisterReminderAsync(name, [1, 2, 3], TimeSpan.FromSeconds(90), TimeSpan.FromMilliseconds(1500));

    public Task Tick() => RegisterTimerAsync("tick", nameof(OnTick), [7], TimeSpan.Zero, TimeSpan.FromSeconds(2));

    public Task<string> Journal() => Task.FromResult(string.Join(", ", _journal));

    public Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        _journal.Add($"{reminderName} {Convert.ToHexString(state)} {period.TotalMilliseconds}");
        return Task.CompletedTask;
    }

    protected override Task OnActivateAsync()
    {
        ArgumentNullException.ThrowIfNull(scoped);
        _journal.Add("activated");
        return Task.CompletedTask;
    }

    private Task OnTick(byte[] data)
    {
        _journal.Add($"tick {Convert.ToHexString(data)}");
        return Task.CompletedTask;
    }
}

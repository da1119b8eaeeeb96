using System.Collections.Concurrent;
using LocalDapr.Runtime.Actors.Hosting;

namespace LocalDapr.Runtime.Actors.Turns;

/// <summary>An actor that is active in the app.</summary>
internal sealed class ActiveActor(ActorKey key, ActorTypeOptions options)
{
    private long _lastTurnStart;

    public ActorKey Key { get; } = key;

    public ActorTypeOptions Options { get; } = options;

    public TurnLock Turns { get; } = new();

    /// <summary>Time stamp of the clock at the start of the last turn: idleness counts from there.</summary>
    public long LastTurnStart
    {
        get => Volatile.Read(ref _lastTurnStart);
        set => Volatile.Write(ref _lastTurnStart, value);
    }
}

/// <summary>
/// The active actors of one sidecar and their turns. An actor becomes active by its first turn and stays so until it was idle for long;
/// whoever comes while it is being deactivated waits, and then activates it again. Thread-safe.
/// </summary>
internal sealed class ActorTable(TimeProvider time, Func<ActorKey, CancellationToken, Task> deactivateInApp)
{
    private const int ParallelDeactivations = 32;

    private readonly ConcurrentDictionary<ActorKey, ActiveActor> _active = new();

    public bool IsActive(ActorKey key) => _active.ContainsKey(key);

    public int CountOf(string type) => _active.Keys.Count(key => key.Type == type);

    /// <summary>Waits for the actor's turn; the caller must end it with <c>Turns.Exit()</c>.</summary>
    /// <exception cref="DaprError">The chain of calls is too deep.</exception>
    public async ValueTask<ActiveActor> EnterAsync(ActorKey key, ActorTypeOptions options, string? chain, CancellationToken cancellation)
    {
        while (true)
        {
            if (!_active.TryGetValue(key, out var actor)) actor = _active.GetOrAdd(key, new ActiveActor(key, options) { LastTurnStart = time.GetTimestamp() });
            switch (await actor.Turns.EnterAsync(options.Reentrant ? chain : null, options.MaxStackDepth, cancellation))
            {
                case TurnEntry.Entered:
                    actor.LastTurnStart = time.GetTimestamp();
                    return actor;
                case TurnEntry.TooDeep:
                    throw DaprErrors.ActorStackDepth();
                case TurnEntry.Closed:
                    // It leaves the table before it is closed, so the next look finds a new one.
                    continue;
            }
        }
    }

    /// <summary>Deactivates what was idle for longer than its type allows.</summary>
    public Task DeactivateIdleAsync(CancellationToken cancellation)
    {
        var idle = _active.Values.Where(a => time.GetElapsedTime(a.LastTurnStart) >= a.Options.IdleTimeout);
        return Parallel.ForEachAsync(idle, Options(cancellation), async (actor, token) =>
        {
            if (!actor.Turns.TryEnterIdle()) return;
            if (time.GetElapsedTime(actor.LastTurnStart) >= actor.Options.IdleTimeout) await EndAsync(actor, token);
            else actor.Turns.Exit();
        });
    }

    /// <summary>Deactivates everything; a running turn is waited for as long as its type says.</summary>
    public Task DeactivateAllAsync(CancellationToken cancellation) =>
        Parallel.ForEachAsync(_active.Values, Options(cancellation), async (actor, token) =>
        {
            using var limit = new CancellationTokenSource(actor.Options.DrainTimeout, time);
            try
            {
                await actor.Turns.EnterAsync(chain: null, maxDepth: 1, limit.Token);
            }
            catch (OperationCanceledException)
            {
                // Its turn goes on in the app; the actor ends all the same, as it would if the process had crashed.
            }

            await EndAsync(actor, token);
        });

    private static ParallelOptions Options(CancellationToken cancellation) =>
        new() { MaxDegreeOfParallelism = ParallelDeactivations, CancellationToken = cancellation };

    private async Task EndAsync(ActiveActor actor, CancellationToken cancellation)
    {
        try
        {
            await deactivateInApp(actor.Key, cancellation);
        }
        finally
        {
            _active.TryRemove(new(actor.Key, actor));
            actor.Turns.Close();
        }
    }
}

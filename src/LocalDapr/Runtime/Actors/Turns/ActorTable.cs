using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using LocalDapr.Runtime.Actors.Hosting;

namespace LocalDapr.Runtime.Actors.Turns;

/// <summary>An actor that is active in the app.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds nothing that needs an end.")]
internal sealed class ActiveActor(ActorKey key, ActorTypeOptions options)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cutOff = new();
    private long _lastTurnStart;
    private long _overdueTurn;
    private bool _isEnding;

    public ActorKey Key { get; } = key;

    public ActorTypeOptions Options { get; } = options;

    public TurnLock Turns { get; } = new();

    /// <summary>Completes when the actor is active here no longer and no turn of it runs, so that it may come up elsewhere.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Time stamp of the clock at the start of the last turn: idleness counts from there.</summary>
    public long LastTurnStart
    {
        get => Volatile.Read(ref _lastTurnStart);
        set => Volatile.Write(ref _lastTurnStart, value);
    }

    /// <summary>Ends the calls to the app that run in a turn which takes longer than the actor may be idle.</summary>
    public CancellationToken CutOff => _cutOff.Token;

    /// <summary>
    /// Whether the turn that runs was overdue at the last look too. One look is not enough: a turn that has just begun may not have set its
    /// start yet. Asked by one scan at a time.
    /// </summary>
    public bool IsOverdueAgain()
    {
        var known = _overdueTurn;
        return known == (_overdueTurn = LastTurnStart);
    }

    /// <summary>Its deactivation has begun; no scan begins another.</summary>
    public bool IsEnding
    {
        get => Volatile.Read(ref _isEnding);
        set => Volatile.Write(ref _isEnding, value);
    }

    public Task CutOffAsync() => _cutOff.CancelAsync();

    public void End() => _ended.TrySetResult();
}

/// <summary>Gives the right to have an actor active, to one table of the process at a time.</summary>
/// <param name="IsHome">Whether the actor belongs here as hosts stand now.</param>
/// <param name="TryClaim">Takes the right, if it is free or this table's already.</param>
/// <param name="Release">Gives it back.</param>
internal sealed record ActorClaims(Func<ActorKey, bool> IsHome, Func<ActorKey, bool> TryClaim, Action<ActorKey> Release)
{
    public static readonly ActorClaims Free = new(static _ => true, static _ => true, static _ => { });
}

/// <summary>
/// The active actors of one host and their turns. An actor becomes active by its first turn and stays so until it was idle for long, or
/// belongs to another host; whoever comes while it is being deactivated waits, and is then told to look for it again. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore's wait handle is never asked for.")]
internal sealed class ActorTable(TimeProvider time, Func<ActorKey, CancellationToken, Task> deactivateInApp, ActorClaims claims)
{
    private const int ParallelDeactivations = 32;

    // An app that takes longer over one actor's end goes on with that, and others have their turn.
    private static readonly TimeSpan longDeactivation = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _deactivating = new(ParallelDeactivations);

    // Guards that an actor is in the table exactly while its claim is held.
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<ActorKey, ActiveActor> _active = new();

    public bool IsActive(ActorKey key) => _active.ContainsKey(key);

    public int CountOf(string type) => _active.Keys.Count(key => key.Type == type);

    /// <summary>
    /// Waits for the actor's turn; the caller must end it with <c>Turns.Exit()</c>. Null when the actor belongs to another host.
    /// </summary>
    /// <exception cref="DaprError">The chain of calls is too deep.</exception>
    public async ValueTask<ActiveActor?> EnterAsync(ActorKey key, ActorTypeOptions options, string? chain, CancellationToken cancellation)
    {
        while (true)
        {
            if (!_active.TryGetValue(key, out var actor) && (actor = Activate(key, options)) is null) return null;
            switch (await actor.Turns.EnterAsync(options.Reentrant ? chain : null, options.MaxStackDepth, cancellation))
            {
                case TurnEntry.Entered:
                    actor.LastTurnStart = time.GetTimestamp();
                    return actor;
                case TurnEntry.TooDeep:
                    throw DaprErrors.ActorStackDepth();
                case TurnEntry.Closed:
                    await actor.Ended.WaitAsync(cancellation);
                    continue;
            }
        }
    }

    /// <summary>
    /// Begins to deactivate what was idle for longer than its type allows, a bounded number at a time; an app that hangs over one does not
    /// hold up the others. Idleness counts from the start of a turn: as in daprd, one that takes longer is given up, and its actor is
    /// deactivated. For one caller at a time.
    /// </summary>
    public async Task DeactivateIdleAsync(CancellationToken cancellation)
    {
        foreach (var actor in _active.Values)
        {
            if (actor.IsEnding || time.GetElapsedTime(actor.LastTurnStart) < actor.Options.IdleTimeout) continue;
            await _deactivating.WaitAsync(cancellation);
            _ = GiveBackAsync(DeactivateIfIdleAsync(actor, cancellation));
        }
    }

    /// <summary>Deactivates what belongs to another host now, each when its turn and those that wait already have ended.</summary>
    public Task DrainAsync(CancellationToken cancellation) =>
        Parallel.ForEachAsync(_active.Values.Where(actor => !claims.IsHome(actor.Key)), Options(cancellation), async (actor, token) =>
        {
            if (await actor.Turns.EnterAsync(chain: null, maxDepth: 1, token) == TurnEntry.Entered) await EndAsync(actor, token);
        });

    /// <summary>Deactivates everything; a running turn is waited for as long as its type says.</summary>
    public Task DeactivateAllAsync(CancellationToken cancellation) =>
        Parallel.ForEachAsync(_active.Values, Options(cancellation), async (actor, token) =>
        {
            using var limit = new CancellationTokenSource(actor.Options.DrainTimeout, time);
            try
            {
                if (await actor.Turns.EnterAsync(chain: null, maxDepth: 1, limit.Token) == TurnEntry.Entered) await EndAsync(actor, token);
            }
            catch (OperationCanceledException)
            {
                // Its turn goes on in the app, which is told all the same. Nobody else gets the actor before that turn has ended.
                var free = CloseAsync(actor);
                await deactivateInApp(actor.Key, token);
                if (free.IsCompleted) await free;
            }
        });

    /// <summary>The app is gone, and all that was active in it: the actors may come up elsewhere as soon as their last calls have failed.</summary>
    public Task AbandonAllAsync() => Task.WhenAll(_active.Values.Select(CloseAsync));

    private static ParallelOptions Options(CancellationToken cancellation) =>
        new() { MaxDegreeOfParallelism = ParallelDeactivations, CancellationToken = cancellation };

    private ActiveActor? Activate(ActorKey key, ActorTypeOptions options)
    {
        lock (_gate)
        {
            if (_active.TryGetValue(key, out var known)) return known;
            if (!claims.IsHome(key) || !claims.TryClaim(key)) return null;
            var actor = new ActiveActor(key, options) { LastTurnStart = time.GetTimestamp() };
            _active[key] = actor;
            return actor;
        }
    }

    private async Task GiveBackAsync(Task deactivation)
    {
        await deactivation.WaitAsync(longDeactivation, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _deactivating.Release();
    }

    // Ends by itself, or with the cancellation: the end of the host waits for the actor's turn, which is taken until then.
    private async Task DeactivateIfIdleAsync(ActiveActor actor, CancellationToken cancellation)
    {
        if (!actor.Turns.TryEnterIdle())
        {
            if (actor.IsOverdueAgain() && !actor.IsEnding) await CutOffAsync(actor, cancellation);
        }
        else if (time.GetElapsedTime(actor.LastTurnStart) >= actor.Options.IdleTimeout)
        {
            await EndAsync(actor, cancellation);
        }
        else
        {
            actor.Turns.Exit();
        }
    }

    // The caller holds the turn, which ends here: whoever waits for the actor to be free must hear of it.
    private async Task EndAsync(ActiveActor actor, CancellationToken cancellation)
    {
        actor.IsEnding = true;
        try
        {
            await deactivateInApp(actor.Key, cancellation);
        }
        finally
        {
            Remove(actor);
            actor.Turns.Exit();
        }
    }

    private async Task CutOffAsync(ActiveActor actor, CancellationToken cancellation)
    {
        actor.IsEnding = true;
        var free = actor.Turns.CloseWhenFreeAsync();
        await actor.CutOffAsync();
        await free;
        try
        {
            await deactivateInApp(actor.Key, cancellation);
        }
        finally
        {
            Remove(actor);
        }
    }

    private async Task CloseAsync(ActiveActor actor)
    {
        await actor.Turns.CloseWhenFreeAsync();
        Remove(actor);
    }

    private void Remove(ActiveActor actor)
    {
        lock (_gate)
        {
            if (_active.TryRemove(new(actor.Key, actor))) claims.Release(actor.Key);
        }

        actor.Turns.Close();
        actor.End();
    }
}

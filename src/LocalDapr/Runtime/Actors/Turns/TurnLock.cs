namespace LocalDapr.Runtime.Actors.Turns;

/// <summary>How a wish to enter an actor ended.</summary>
internal enum TurnEntry
{
    /// <summary>The turn is the caller's, who must exit.</summary>
    Entered,

    /// <summary>The chain of calls is as deep in the actor as it may be.</summary>
    TooDeep,

    /// <summary>The actor was deactivated meanwhile; ask for it again.</summary>
    Closed,
}

/// <summary>
/// Gives one actor's turns away one at a time, in the order of arrival. A call of the chain that holds the turn may come in at once,
/// however many wait, up to a depth; those of one chain that wait come in together, when it is the turn of the first. Entering a free actor
/// neither waits nor allocates. Thread-safe.
/// </summary>
internal sealed class TurnLock
{
    private readonly Lock _gate = new();
    private readonly Queue<Waiter> _waiting = new();
    private Dictionary<string, Waiter>? _chains;
    private string? _chain;
    private int _inside;
    private bool _closed;
    private TaskCompletionSource? _free;

    /// <summary>
    /// Waits for the turn. <paramref name="chain"/> is the reentrancy id, or null where reentrancy is off.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller gave up while it waited; it has lost its place.</exception>
    public ValueTask<TurnEntry> EnterAsync(string? chain, int maxDepth, CancellationToken cancellation)
    {
        Waiter waiter;
        lock (_gate)
        {
            if (_inside == 0)
            {
                if (_closed) return new(TurnEntry.Closed);
                (_inside, _chain) = (1, chain);
                return new(TurnEntry.Entered);
            }

            // Even when it is closed: the turn that runs could not end without the calls it makes.
            if (chain is not null && chain == _chain)
            {
                if (_inside >= maxDepth) return new(TurnEntry.TooDeep);
                _inside++;
                return new(TurnEntry.Entered);
            }

            if (_closed) return new(TurnEntry.Closed);
            waiter = new Waiter(chain);
            if (chain is null)
            {
                _waiting.Enqueue(waiter);
            }
            else if ((_chains ??= new(StringComparer.Ordinal)).TryGetValue(chain, out var first))
            {
                if (!first.TryJoin(waiter, maxDepth)) return new(TurnEntry.TooDeep);
            }
            else
            {
                _chains[chain] = waiter;
                _waiting.Enqueue(waiter);
            }
        }

        return new(waiter.WaitAsync(cancellation));
    }

    /// <summary>
    /// Ends the turn. Whoever waits first goes on at once, on this thread, up to its first wait: the app has its next call before this
    /// thread sees to the answer of the last one.
    /// </summary>
    public void Exit()
    {
        for (var ending = 1; ending > 0; ending--)
            if (Next() is { } next)
                foreach (var waiter in next.Together)
                    if (!waiter.TryEnter(this)) ending++;
    }

    // Every one of those who enter ends a turn of its own, also one that has given up.
    private Waiter? Next()
    {
        lock (_gate)
        {
            if (--_inside > 0) return null;
            _chain = null;
            if (_waiting.TryDequeue(out var next))
            {
                (_inside, _chain) = (next.Together.Count, next.Chain);
                if (next.Chain is { } chain) _chains!.Remove(chain);
            }
            else if (_closed)
            {
                _free?.TrySetResult();
            }

            return next;
        }
    }

    /// <summary>Takes the turn if nobody has it or waits for it.</summary>
    public bool TryEnterIdle()
    {
        lock (_gate)
        {
            if (_closed || _inside > 0) return false;
            _inside = 1;
            return true;
        }
    }

    /// <summary>Ends the actor: all who wait, and all who come later, hear <see cref="TurnEntry.Closed"/>.</summary>
    public void Close()
    {
        Waiter[] waiting;
        lock (_gate)
        {
            _closed = true;
            waiting = [.. _waiting.SelectMany(first => first.Together)];
            _waiting.Clear();
            _chains?.Clear();
        }

        foreach (var waiter in waiting) waiter.TrySetResult(TurnEntry.Closed);
    }

    /// <summary>Ends the actor as <see cref="Close"/> does; completes when the turn that runs now has ended.</summary>
    public Task CloseWhenFreeAsync()
    {
        Close();
        lock (_gate)
        {
            if (_inside == 0) return Task.CompletedTask;
            _free ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _free.Task;
        }
    }

    // A waiter that was cancelled stays in the queue until its place comes; it refuses the turn then. The first of a chain has the place for
    // all of it, whether it waits itself still or not.
    private sealed class Waiter : TaskCompletionSource<TurnEntry>
    {
        private const int MaxNested = 8;

        [ThreadStatic]
        private static int _nested;

        private List<Waiter>? _joined;

        public Waiter(string? chain) => Chain = chain;

        public string? Chain { get; }

        /// <summary>This one and who has joined it.</summary>
        public IReadOnlyList<Waiter> Together => _joined ?? (IReadOnlyList<Waiter>)[this];

        /// <summary>False when the chain is as deep as it may be already. The caller holds the lock.</summary>
        public bool TryJoin(Waiter other, int maxDepth)
        {
            _joined ??= [this];
            if (_joined.Count(static waiter => !waiter.Task.IsCompleted) >= maxDepth) return false;
            _joined.Add(other);
            return true;
        }

        public async Task<TurnEntry> WaitAsync(CancellationToken cancellation)
        {
            await using var registration = cancellation.UnsafeRegister(
                static (state, token) => ((Waiter)state!).TrySetCanceled(token), this);
            return await Task;
        }

        // Turns that end at once, one within the other, must not use up the stack.
        public bool TryEnter(TurnLock turns)
        {
            if (_nested == MaxNested)
            {
                ThreadPool.UnsafeQueueUserWorkItem(
                    static entry =>
                    {
                        if (!entry.Waiter.TrySetResult(TurnEntry.Entered)) entry.Turns.Exit();
                    },
                    (Waiter: this, Turns: turns),
                    preferLocal: false);
                return true;
            }

            _nested++;
            try
            {
                return TrySetResult(TurnEntry.Entered);
            }
            finally
            {
                _nested--;
            }
        }
    }
}

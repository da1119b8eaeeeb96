namespace LocalDapr.Runtime.Storage;

/// <summary>
/// Writes on their way to the one thread that commits them. A lone write is taken at once; when many came last time, about as many are
/// waited for, for a moment: under load one fsync then carries more. Any number may add, one takes.
/// </summary>
internal sealed class WriteQueue<T>(int limit) : IDisposable
{
    /// <summary>How long a group waits to become as large as the one before it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(2);

    private readonly SemaphoreSlim _places = new(limit);
    private readonly object _gate = new();
    private List<T> _waiting = [];
    private List<T> _spare = [];
    private int _wanted;
    private int _lastCount;
    private bool _completed;

    /// <summary>Waits while the queue is full. Throws when it is completed.</summary>
    public async ValueTask AddAsync(T write, CancellationToken cancellation)
    {
        if (!_places.Wait(0, CancellationToken.None)) await _places.WaitAsync(cancellation);
        lock (_gate)
        {
            if (_completed) throw new ObjectDisposedException(nameof(SqliteDatabase), "The store is closed.");
            _waiting.Add(write);
            if (_waiting.Count == _wanted) Monitor.Pulse(_gate);
        }
    }

    /// <summary>Nothing is added any more; what waits is still taken.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>The next group, in the order of their coming; blocks until there is one. Valid until the next call. Empty at the end.</summary>
    public IReadOnlyList<T> Take()
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_completed) WaitFor(1, Timeout.InfiniteTimeSpan);
            if (_waiting.Count < _lastCount && !_completed) WaitFor(_lastCount, Patience);
            _spare.Clear();
            (_waiting, _spare) = (_spare, _waiting);
            _lastCount = _spare.Count;
            if (_lastCount > 0) _places.Release(_lastCount);
            return _spare;
        }
    }

    public void Dispose() => _places.Dispose();

    private void WaitFor(int count, TimeSpan patience)
    {
        _wanted = count;
        Monitor.Wait(_gate, patience);
        _wanted = 0;
    }
}

namespace LocalDapr.Runtime.Resiliency;

/// <summary>Fails fast once its trip condition holds; after the timeout lets some tries through. Safe for any number of callers.</summary>
internal sealed class CircuitBreaker(CircuitBreakerSpec spec, TimeProvider time)
{
    private readonly Lock _lock = new();
    private State _state = State.Closed;
    private BreakerCounts _counts;
    private DateTimeOffset _openUntil;
    private DateTimeOffset _countsUntil = time.GetUtcNow() + spec.Interval;
    private int _tries;

    private enum State
    {
        Closed,
        Open,
        HalfOpen,
    }

    /// <summary>False while open. After true, <see cref="Leave"/> must follow.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_state == State.Open && now >= _openUntil) (_state, _tries, _counts) = (State.HalfOpen, 0, default);
            if (_state == State.Closed && spec.Interval > TimeSpan.Zero && now >= _countsUntil) (_counts, _countsUntil) = (default, now + spec.Interval);
            if (_state == State.Open || (_state == State.HalfOpen && _tries >= spec.MaxRequests)) return false;
            if (_state == State.HalfOpen) _tries++;
            _counts = _counts with { Requests = _counts.Requests + 1 };
            return true;
        }
    }

    public void Leave(bool succeeded)
    {
        lock (_lock)
        {
            _counts = _counts.After(succeeded);
            switch (_state)
            {
                case State.HalfOpen when !succeeded:
                case State.Closed when !succeeded && spec.Trips(_counts):
                    (_state, _openUntil) = (State.Open, time.GetUtcNow() + spec.Timeout);
                    break;
                case State.HalfOpen when _counts.ConsecutiveSuccesses >= spec.MaxRequests:
                    (_state, _counts) = (State.Closed, default);
                    break;
            }
        }
    }
}

internal sealed record CircuitBreakerSpec(int MaxRequests, TimeSpan Interval, TimeSpan Timeout, Func<BreakerCounts, bool> Trips);

/// <summary>What the trip condition sees.</summary>
internal readonly record struct BreakerCounts(int Requests, int TotalSuccesses, int TotalFailures, int ConsecutiveSuccesses, int ConsecutiveFailures)
{
    public BreakerCounts After(bool succeeded) => succeeded
        ? this with { TotalSuccesses = TotalSuccesses + 1, ConsecutiveSuccesses = ConsecutiveSuccesses + 1, ConsecutiveFailures = 0 }
        : this with { TotalFailures = TotalFailures + 1, ConsecutiveFailures = ConsecutiveFailures + 1, ConsecutiveSuccesses = 0 };
}

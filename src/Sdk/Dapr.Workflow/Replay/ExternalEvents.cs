using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Replay;

// Events and those who wait for them, oldest first on both sides, matched by name without regard to letter case.
internal sealed class ExternalEvents(IDaprSerializer serializer)
{
    private readonly List<HistoryEvent> _unheard = [];
    private readonly List<Waiter> _waiters = [];

    public IReadOnlyList<HistoryEvent> Unheard => _unheard;

    public bool AnyoneWaits => _waiters.Count > 0;

    public Task<T> WaitAsync<T>(string name, CancellationToken cancellation)
    {
        var early = _unheard.FindIndex(e => Same(e.EventRaised.Name, name));
        if (early >= 0)
        {
            var input = _unheard[early].EventRaised.Input;
            _unheard.RemoveAt(early);
            return Task.FromResult(serializer.Deserialize<T>(input)!);
        }

        if (cancellation.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellation);
        }

        var waiter = new Waiter<T>(name, serializer);
        _waiters.Add(waiter);
        if (cancellation.CanBeCanceled)
        {
            cancellation.Register(() =>
            {
                _waiters.Remove(waiter);
                waiter.Cancel(cancellation);
            });
        }

        return waiter.Task;
    }

    public void Raise(HistoryEvent raised)
    {
        var index = _waiters.FindIndex(w => Same(w.Name, raised.EventRaised.Name));
        if (index < 0)
        {
            _unheard.Add(raised);
            return;
        }

        var waiter = _waiters[index];
        _waiters.RemoveAt(index);
        waiter.Hear(raised.EventRaised.Input);
    }

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private abstract class Waiter(string name)
    {
        public string Name { get; } = name;

        public abstract void Hear(string? input);
    }

    private sealed class Waiter<T>(string name, IDaprSerializer serializer) : Waiter(name)
    {
        private readonly TaskCompletionSource<T> _source = new();

        public Task<T> Task => _source.Task;

        public void Cancel(CancellationToken cancellation) => _source.TrySetCanceled(cancellation);

        public override void Hear(string? input)
        {
            T value;
            try
            {
                value = serializer.Deserialize<T>(input)!;
            }
            catch (Exception unreadable)
            {
                _source.TrySetException(unreadable);
                return;
            }

            _source.TrySetResult(value);
        }
    }
}

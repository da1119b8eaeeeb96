using System.Threading.Channels;
using LocalDapr.Runtime.Storage;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.PubSub.Log;

/// <summary>What a handler made of a message.</summary>
internal enum Verdict
{
    /// <summary>It is done with.</summary>
    Complete,

    /// <summary>It shall come again after the redeliver interval.</summary>
    Again,

    /// <summary>The consumer goes away: whoever reads the group next gets it at once.</summary>
    Return,
}

/// <summary>Handles a batch; the answer has one verdict a message, in order. Must not throw.</summary>
internal delegate Task<IReadOnlyList<Verdict>> BatchHandler(IReadOnlyList<LogMessage> batch, CancellationToken cancellation);

/// <summary>
/// Reads a consumer group. Three loops, ended by <see cref="StopAsync"/>: claim (takes leases from the log and cuts them into
/// batches), keep (prolongs own leases, takes over those of the dead, cleans up), and save (commits what was completed;
/// while one commit runs, the next collects, so that many completions share it). Batches in flight are limited by the options.
/// </summary>
internal sealed partial class LogConsumer : IDisposable
{
    /// <summary>How long another process's message may stay unseen: SQLite tells nobody of a commit.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan ShortestKeep = TimeSpan.FromMilliseconds(250);

    private readonly MessageLog _log;
    private readonly Consumers _consumers;
    private readonly ConsumerOptions _options;
    private readonly BatchHandler _handle;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _owner;

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly SemaphoreSlim _slots;
    private readonly Channel<LogMessage> _takenOver = Channel.CreateUnbounded<LogMessage>();
    private readonly Channel<bool> _save =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    // Guarded by _gate: the leases held, and those whose bits changed since the last save.
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Lease> _held = [];
    private readonly HashSet<Lease> _changed = [];

    // Touched by the claim loop only.
    private readonly Queue<LogMessage> _ready = new();

    private int _inFlight;
    private TaskCompletionSource? _idle;
    private Task _loops = Task.CompletedTask;
    private Task _saving = Task.CompletedTask;

    public LogConsumer(
        MessageLog log, Consumers consumers, ConsumerOptions options, BatchHandler handle, TimeProvider time, ILogger logger, string? owner = null)
    {
        _owner = owner ?? ProcessOwner.New();
        (_log, _consumers, _options, _handle, _time, _logger) = (log, consumers, options, handle, time, logger);
        _slots = new SemaphoreSlim(options.Concurrency);
    }

    private DateTimeOffset Now => _time.GetUtcNow();

    public void Start()
    {
        _loops = Task.WhenAll(Owned(ClaimLoopAsync), Owned(KeepLoopAsync));
        _saving = Owned(SaveLoopAsync);
    }

    /// <summary>Claims no more, lets the handlers finish until <paramref name="limit"/>, commits, and gives back what is open.</summary>
    public async ValueTask StopAsync(CancellationToken limit)
    {
        await _stopping.CancelAsync();
        await _loops;
        await WhenIdleAsync().WaitAsync(limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _abort.CancelAsync();
        _save.Writer.TryComplete();
        await _saving;
        await SaveAsync(release: true);
        Dispose();
    }

    /// <summary>For a consumer that was never started; <see cref="StopAsync"/> ends with it.</summary>
    public void Dispose()
    {
        _stopping.Dispose();
        _abort.Dispose();
        _slots.Dispose();
    }

    private async Task ClaimLoopAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            await _slots.WaitAsync(_stopping.Token);
            var batch = await NextBatchAsync();
            if (batch.Count == 0) _slots.Release();
            else Dispatch(batch);
        }
    }

    // A batch is full, or has waited long enough since its first message; single messages go at once.
    private async Task<List<LogMessage>> NextBatchAsync()
    {
        var batch = new List<LogMessage>(_options.BatchSize);
        DateTimeOffset? deadline = null;
        while (!_stopping.IsCancellationRequested)
        {
            while (batch.Count < _options.BatchSize && (_ready.TryDequeue(out var next) || _takenOver.Reader.TryRead(out next)))
                batch.Add(next);
            if (batch.Count >= _options.BatchSize) break;
            if (batch.Count > 0) deadline ??= Now + _options.BatchWait;
            if (deadline <= Now) break;
            var news = _consumers.Signal.Next;
            if (await TryClaimAsync()) continue;
            await WaitAsync(news, deadline is { } end && end - Now < Poll ? end - Now : Poll);
        }
        return batch;
    }

    private async Task<bool> TryClaimAsync()
    {
        if (!_log.HasMore(_consumers)) return false;
        var lease = await _log.ClaimAsync(_consumers, _owner, _options.QueueDepth, Now + _options.ProcessingTimeout);
        if (lease is null) return false;
        var messages = Hold(lease);
        foreach (var message in messages) _ready.Enqueue(message);
        return messages.Count > 0;
    }

    private IReadOnlyList<LogMessage> Hold(Lease lease)
    {
        lock (_gate)
        {
            _held[lease.Id] = lease;
            var messages = _log.Read(_consumers, lease, Now);
            if (lease.IsComplete) MarkChanged_NeedsLock(lease);
            return messages;
        }
    }

    private async Task WaitAsync(Task news, TimeSpan limit)
    {
        if (limit <= TimeSpan.Zero || news.IsCompleted) return;
        await news.WaitAsync(limit, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Dispatch(IReadOnlyList<LogMessage> batch)
    {
        Interlocked.Increment(ref _inFlight);
        _ = HandleAsync(batch);
    }

    private async Task HandleAsync(IReadOnlyList<LogMessage> batch)
    {
        try
        {
            await Task.Yield();
            IReadOnlyList<Verdict> verdicts;
            try
            {
                verdicts = await _handle(batch, _abort.Token);
            }
            finally
            {
                _slots.Release();
            }
            Settle(batch, verdicts);
        }
        catch (OperationCanceledException)
        {
            // The consumer stops; what is not completed goes back with the lease.
        }
        catch (Exception error)
        {
            LogHandlerFailed(_logger, error, _consumers.Topic);
            Settle(batch, [.. batch.Select(_ => Verdict.Again)]);
        }
        finally
        {
            if (Interlocked.Decrement(ref _inFlight) == 0) Volatile.Read(ref _idle)?.TrySetResult();
        }
    }

    private void Settle(IReadOnlyList<LogMessage> batch, IReadOnlyList<Verdict> verdicts)
    {
        List<LogMessage>? again = null;
        lock (_gate)
            for (var i = 0; i < batch.Count; i++)
            {
                if (verdicts[i] == Verdict.Again) (again ??= []).Add(batch[i]);
                if (verdicts[i] != Verdict.Complete) continue;
                batch[i].Lease.Complete(batch[i].Index);
                MarkChanged_NeedsLock(batch[i].Lease);
            }
        if (again is not null) _ = BringAgainAsync(again);
    }

    private async Task BringAgainAsync(List<LogMessage> messages)
    {
        try
        {
            await Task.Delay(_options.RedeliverInterval, _time, _stopping.Token);
            foreach (var message in messages) _takenOver.Writer.TryWrite(message);
            _consumers.Signal.Raise();
        }
        catch (OperationCanceledException)
        {
            // The consumer stops; the messages go back with their leases.
        }
    }

    private void MarkChanged_NeedsLock(Lease lease)
    {
        _changed.Add(lease);
        _save.Writer.TryWrite(true);
    }

    private async Task SaveLoopAsync()
    {
        await foreach (var _ in _save.Reader.ReadAllAsync()) await SaveAsync(release: false);
    }

    private async Task SaveAsync(bool release)
    {
        var leases = new List<(long Id, byte[]? Done)>();
        lock (_gate)
        {
            foreach (var lease in release ? _held.Values : (IEnumerable<Lease>)_changed)
                leases.Add((lease.Id, lease.IsComplete ? null : [.. lease.Done]));
            foreach (var lease in _changed)
                if (lease.IsComplete)
                    _held.Remove(lease.Id);
            _changed.Clear();
            if (release) _held.Clear();
        }
        if (leases.Count > 0) await _log.SaveAsync(leases, _owner, release ? DateTimeOffset.UnixEpoch : Now + _options.ProcessingTimeout);
    }

    private async Task KeepLoopAsync()
    {
        var interval = _options.ProcessingTimeout / 3;
        if (interval > _options.RedeliverInterval) interval = _options.RedeliverInterval;
        if (interval < ShortestKeep) interval = ShortestKeep;
        var prolonged = Now;
        while (!_stopping.IsCancellationRequested)
        {
            await TakeOverAsync();
            if (Now - prolonged >= _options.ProcessingTimeout / 3)
            {
                prolonged = Now;
                lock (_gate)
                    foreach (var lease in _held.Values)
                        MarkChanged_NeedsLock(lease);
            }
            await _log.RemoveDoneAsync(_consumers);
            await Task.Delay(interval, _time, _stopping.Token);
        }
    }

    private async Task TakeOverAsync()
    {
        var taken = await _log.TakeOverAsync(_consumers, _owner, Now, Now + _options.ProcessingTimeout);
        var any = false;
        foreach (var message in taken.SelectMany(Hold)) any |= _takenOver.Writer.TryWrite(message);
        if (any) _consumers.Signal.Raise();
    }

    private Task WhenIdleAsync()
    {
        var idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _idle, idle);
        if (Volatile.Read(ref _inFlight) == 0) idle.TrySetResult();
        return idle.Task;
    }

    // A loop that fails (a full disk, say) is logged and goes on after a pause; only the stop ends it.
    private async Task Owned(Func<Task> loop)
    {
        while (true)
        {
            try
            {
                await Task.Run(loop);
                return;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                LogLoopFailed(_logger, error, _consumers.Topic);
                if (_stopping.IsCancellationRequested) return;
                await Task.Delay(_options.RedeliverInterval, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(EventId = 4001, Level = LogLevel.Error, Message = "The handler of topic {Topic} threw")]
    private static partial void LogHandlerFailed(ILogger logger, Exception error, string topic);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Error, Message = "Reading of topic {Topic} failed")]
    private static partial void LogLoopFailed(ILogger logger, Exception error, string topic);
}

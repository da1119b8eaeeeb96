using LocalDapr.Runtime.PubSub.Log;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Jobs;

/// <summary>
/// Runs the due jobs of one app. One loop, ended by <see cref="StopAsync"/>: claim what is due, hand it out, sleep until the next one is due
/// or somebody schedules one. A run is settled after the app took it or the policy gave it up: a crash repeats a run rather than loses it.
/// </summary>
internal sealed partial class JobRunner(
    JobStore store, Func<StoredJob, CancellationToken, Task<bool>> deliver, Func<CancellationToken, Task> appIsWell, TimeProvider time, ILogger log)
    : IDisposable
{
    /// <summary>How long a job that another process scheduled may stay unseen.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _running = new(256); // when very many come due together
    private readonly Signal _scheduled = new();
    private readonly HashSet<Task> _runs = []; // guarded by itself
    private Task _loop = Task.CompletedTask;

    public void Start() => _loop = LoopAsync();

    /// <summary>Tells the runner of a new job.</summary>
    public void Wake() => _scheduled.Raise();

    /// <summary>Claims no more, cuts off what waits for its next try, and gives back what is not done.</summary>
    public async Task StopAsync(CancellationToken limit)
    {
        await _stopping.CancelAsync();
        await _loop;
        Task[] runs;
        lock (_runs) runs = [.. _runs];
        await Task.WhenAll(runs).WaitAsync(limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await store.ReleaseOwnAsync();
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _running.Dispose();
    }

    private async Task LoopAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var news = _scheduled.Next;
                await appIsWell(_stopping.Token);
                await store.ReleaseGoneAsync();
                await ClaimAsync();
                var pause = store.NextDue() - time.GetUtcNow() is { } wait && wait < Poll ? wait : Poll;
                if (pause > TimeSpan.Zero) await news.WaitAsync(pause, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception error)
            {
                LogLoopFailed(log, error); // a full disk, say: the loop goes on after a pause
                await Task.Delay(Poll, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ClaimAsync()
    {
        if (store.NextDue() is not { } due || due > time.GetUtcNow()) return;
        foreach (var job in await store.ClaimAsync(time.GetUtcNow()))
        {
            var run = RunAsync(job);
            lock (_runs) _runs.Add(run);
            _ = run.ContinueWith(
                done =>
                {
                    lock (_runs) _runs.Remove(done);
                },
                TaskScheduler.Default);
        }
    }

    private async Task RunAsync(StoredJob job)
    {
        await Task.Yield();
        try
        {
            await TryAsync(job);
            var done = job with { Runs = job.Runs + 1 };
            await store.SettleAsync(done, JobTimes.Next(job.Job, job.Due, done.Runs, job.Ends, time.GetUtcNow()));
            Wake();
        }
        catch (OperationCanceledException)
        {
            // The sidecar stops; the claim is given back.
        }
        catch (Exception error)
        {
            LogFailed(log, error, job.Job.Name);
        }
    }

    private async Task TryAsync(StoredJob job)
    {
        for (var tries = 1; !await TryOnceAsync(job); tries++)
        {
            if (job.PauseAfter(tries) is not { } pause)
            {
                LogGivenUp(log, job.Job.Name, tries);
                return;
            }
            await Task.Delay(pause, time, _stopping.Token);
        }
    }

    private async Task<bool> TryOnceAsync(StoredJob job)
    {
        await _running.WaitAsync(_stopping.Token);
        try
        {
            return await deliver(job, _stopping.Token);
        }
        finally
        {
            _running.Release();
        }
    }

    [LoggerMessage(EventId = 4401, Level = LogLevel.Error, Message = "Looking for due jobs failed")]
    private static partial void LogLoopFailed(ILogger logger, Exception error);

    [LoggerMessage(EventId = 4402, Level = LogLevel.Error, Message = "The run of job {Job} failed; it comes again after a restart")]
    private static partial void LogFailed(ILogger logger, Exception error, string job);

    [LoggerMessage(EventId = 4403, Level = LogLevel.Warning, Message = "The app did not take job {Job} in {Tries} tries; this run is given up")]
    private static partial void LogGivenUp(ILogger logger, string job, int tries);
}

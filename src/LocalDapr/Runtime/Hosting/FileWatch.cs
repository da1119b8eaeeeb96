using System.Threading.Channels;

namespace LocalDapr.Runtime.Hosting;

/// <summary>
/// Looks at files whenever something in their folders changes, and every few seconds besides: a system may have no watches left, or
/// lose an event. <paramref name="look"/> compares for itself, is never run twice at one time, and must not throw.
/// </summary>
internal sealed class FileWatch(IEnumerable<string> folders, Func<CancellationToken, Task> look, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan AtLeastEvery = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<FileSystemWatcher> _watchers = [];
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Task _looking = Task.CompletedTask;

    public void Start()
    {
        foreach (var folder in folders.Where(Directory.Exists)) Watch(folder);
        _looking = LookAsync();
    }

    /// <summary>Ends the loop; a look that runs is waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var watcher in _watchers) watcher.Dispose();
        await _stopping.CancelAsync();
        await _looking;
        _stopping.Dispose();
    }

    private void Watch(string folder)
    {
        try
        {
            var watcher = new FileSystemWatcher(folder);
            watcher.Changed += (_, _) => _changed.Writer.TryWrite(true);
            watcher.Created += (_, _) => _changed.Writer.TryWrite(true);
            watcher.Deleted += (_, _) => _changed.Writer.TryWrite(true);
            watcher.Renamed += (_, _) => _changed.Writer.TryWrite(true);
            watcher.EnableRaisingEvents = true;
            _watchers.Add(watcher);
        }
        catch (IOException)
        {
            // No watches are left on this machine: the regular look finds the changes, a little later.
        }
    }

    // Ended by DisposeAsync.
    private async Task LookAsync()
    {
        try
        {
            while (true)
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                Task changed = _changed.Reader.WaitToReadAsync(limit.Token).AsTask();
                await changed.WaitAsync(AtLeastEvery, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await limit.CancelAsync();
                _stopping.Token.ThrowIfCancellationRequested();
                _changed.Reader.TryRead(out _);
                await look(_stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The watch ends.
        }
    }
}

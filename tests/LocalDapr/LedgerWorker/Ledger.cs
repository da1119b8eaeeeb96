using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Threading.Channels;

namespace LocalDapr.LedgerWorker;

/// <summary>
/// What somebody outside has seen, line by line in a file that outlives its writer. The time of a line is the machine's monotonic clock, so
/// that lines of several processes can be told in order.
/// </summary>
internal sealed class Ledger : IAsyncDisposable
{
    private readonly Channel<(string Line, TaskCompletionSource Written)> _lines = Channel.CreateUnbounded<(string, TaskCompletionSource)>();
    private readonly FileStream _file;
    private readonly Task _writing;

    public Ledger(string path)
    {
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        _writing = Task.Run(WriteAsync);
    }

    public static IReadOnlyList<Entry> Read(string path) =>
        !File.Exists(path) ? [] : [.. File.ReadAllLines(path).Select(Entry.Parse).OfType<Entry>()];

    /// <summary>Completes when the line is on disk; its time is now.</summary>
    public Task AddAsync(string what, string instance, string detail = "")
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetTimestamp()} {what} {instance} {detail}\n");
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _lines.Writer.TryWrite((line, written));
        return written.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _lines.Writer.Complete();
        await _writing;
        await _file.DisposeAsync();
    }

    // Ends when disposed. Lines that come together share one fsync.
    private async Task WriteAsync()
    {
        var group = new List<TaskCompletionSource>();
        while (await _lines.Reader.WaitToReadAsync())
        {
            while (_lines.Reader.TryRead(out var line))
            {
                _file.Write(Encoding.UTF8.GetBytes(line.Line));
                group.Add(line.Written);
            }
            _file.Flush(flushToDisk: true);
            group.ForEach(written => written.SetResult());
            group.Clear();
        }
    }

    internal sealed record Entry(long Time, string What, string Instance, string Detail)
    {
        /// <summary>Null for the last line of a writer that was killed within it.</summary>
        public static Entry? Parse(string line) => line.Split(' ', 4) is [var time, var what, var instance, var detail] && long.TryParse(time, out var at)
            ? new Entry(at, what, instance, detail)
            : null;
    }
}

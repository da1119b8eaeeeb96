using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.ConfigurationApi;

/// <summary>
/// configuration.local.file: reads are of the file as it is now; subscribers hear of each key whose value, version or metadata changed.
/// A key that is removed is no change, as in Dapr's other stores. Safe for any number of callers.
/// </summary>
internal sealed partial class ConfigurationStore : IAsyncDisposable
{
    private readonly string _file;
    private readonly ILogger _log;
    private readonly FileWatch _watch;
    private readonly ConcurrentDictionary<string, Subscriber> _subscribers = new(StringComparer.Ordinal);

    /// <summary>Throws <see cref="StartupException"/> for a file that is there and cannot be read.</summary>
    public ConfigurationStore(Component component, TimeProvider time, ILogger log)
    {
        (_file, _log) = (Path.GetFullPath(component.Require("configurationFile")), log);
        try
        {
            Read();
        }
        catch (Exception error) when (IsUnreadable(error))
        {
            throw new StartupException($"component {component} in {component.File}: cannot read configurationFile {_file}: {error.Message}", error);
        }
        _watch = new FileWatch([Path.GetDirectoryName(_file)!], LookAsync, time);
        _watch.Start();
    }

    /// <summary>The items of the keys, or all without keys. Throws for a file that cannot be read.</summary>
    public IReadOnlyDictionary<string, ConfigurationValue> Get(IReadOnlyCollection<string> keys)
    {
        var all = Read();
        return keys.Count == 0 ? all : keys.Distinct().Where(all.ContainsKey).ToDictionary(key => key, key => all[key], StringComparer.Ordinal);
    }

    /// <summary>
    /// Changes from now on, in order; the channel completes when the subscription ends. Each subscriber compares with what it has seen:
    /// the watch may be late, and what the file held before is no change. Throws for a file that cannot be read.
    /// </summary>
    public (string Id, ChannelReader<KeyValuePair<string, ConfigurationValue>> Changes) Subscribe(IReadOnlyCollection<string> keys)
    {
        var id = Guid.NewGuid().ToString();
        var subscriber = new Subscriber([.. keys], Channel.CreateUnbounded<KeyValuePair<string, ConfigurationValue>>()) { Seen = Read() };
        _subscribers[id] = subscriber;
        return (id, subscriber.Changes.Reader);
    }

    /// <summary>False when nobody has the id.</summary>
    public bool Unsubscribe(string id)
    {
        if (!_subscribers.TryRemove(id, out var subscriber)) return false;
        subscriber.Changes.Writer.TryComplete();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        foreach (var id in _subscribers.Keys) Unsubscribe(id);
    }

    private static bool IsUnreadable(Exception error) => error is IOException or UnauthorizedAccessException or JsonException;

    private IReadOnlyDictionary<string, ConfigurationValue> Read() =>
        File.Exists(_file) ? ConfigurationFile.Parse(File.ReadAllText(_file)) : new Dictionary<string, ConfigurationValue>();

    private Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            var now = Read();
            foreach (var subscriber in _subscribers.Values) subscriber.Follow(now);
        }
        catch (Exception error) when (IsUnreadable(error))
        {
            LogUnreadable(_log, _file, error.Message); // half a write, perhaps: its end is another change
        }
        return Task.CompletedTask;
    }

    [LoggerMessage(EventId = 4301, Level = LogLevel.Warning, Message = "The configuration file {File} cannot be read: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string file, string reason);

    private sealed class Subscriber(HashSet<string> keys, Channel<KeyValuePair<string, ConfigurationValue>> changes)
    {
        public Channel<KeyValuePair<string, ConfigurationValue>> Changes => changes;

        /// <summary>Touched by the watch alone, once the subscription is listed.</summary>
        public required IReadOnlyDictionary<string, ConfigurationValue> Seen { get; set; }

        public void Follow(IReadOnlyDictionary<string, ConfigurationValue> now)
        {
            foreach (var item in now)
                if ((keys.Count == 0 || keys.Contains(item.Key)) && !(Seen.TryGetValue(item.Key, out var before) && before.SameAs(item.Value)))
                    changes.Writer.TryWrite(item);
            Seen = now;
        }
    }
}

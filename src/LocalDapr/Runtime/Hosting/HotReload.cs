using LocalDapr.Runtime.Components;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Hosting;

/// <summary>
/// Watches the resource folders of a sidecar and hands changes of components, subscriptions, HTTP endpoints and resiliency to it, as
/// daprd's feature HotReload. The store of the actors may come, change and go as any other; a second one waits until the first has gone.
/// </summary>
internal sealed partial class HotReload : IAsyncDisposable
{
    /// <summary>Editors write in several steps: what follows each other so closely is one change.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);

    private readonly Sidecar _sidecar;
    private readonly FileWatch _watch;
    private string _stamp;

    public HotReload(Sidecar sidecar)
    {
        _sidecar = sidecar;
        _watch = new FileWatch(sidecar.Options.ResourcesPaths, LookAsync, sidecar.Host.Time);
        _stamp = Stamp();
    }

    public void Start() => _watch.Start();

    public ValueTask DisposeAsync() => _watch.DisposeAsync();

    /// <summary>True for a kind that may change while the sidecar runs.</summary>
    internal static bool Takes(Resource resource) =>
        resource.Kind is "Component" or "Subscription" or "HTTPEndpoint" or "Resiliency" or "WorkflowAccessPolicy";

    /// <summary>
    /// The components after a change: those whose document is the same stay the same objects. One more actor state store than the one that
    /// there is counts for nothing until that has gone. Pure.
    /// </summary>
    internal static IReadOnlyList<Component> Merge(IReadOnlyList<Component> before, IReadOnlyList<Component> after)
    {
        var actorStores = after.Where(c => c.IsActorStore).ToList();
        var actorStore = actorStores.Find(store => before.Any(b => b.Name == store.Name && b.IsActorStore)) ?? actorStores.FirstOrDefault();
        var counting = after.Where(c => !c.IsActorStore || ReferenceEquals(c, actorStore));
        return [.. counting.Select(c => before.FirstOrDefault(b => b.Name == c.Name && b.Source == c.Source) ?? c)];
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            if (Stamp() == _stamp) return;
            string stamp;
            do
            {
                stamp = Stamp();
                await Task.Delay(Quiet, _sidecar.Host.Time, cancellation);
            }
            while (Stamp() != stamp);
            if (!Files().All(ResourceLoader.IsReadable)) return; // half a file: its other half is another change
            _stamp = stamp;
            await _sidecar.ReloadAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            // The sidecar stops.
        }
        catch (IOException error)
        {
            LogNotRead(_sidecar.Log, error.Message); // a file went while it was looked at: the next look finds it gone
        }
        catch (Exception error)
        {
            _sidecar.Fail(error);
        }
    }

    private IEnumerable<string> Files() =>
        _sidecar.Options.ResourcesPaths.Where(Directory.Exists).SelectMany(Directory.GetFiles).Where(ResourceLoader.IsResourceFile);

    private string Stamp() => string.Join('\n', Files().Order(StringComparer.Ordinal).Select(f => new FileInfo(f))
        .Select(f => $"{f.FullName} {(f.Exists ? f.Length : 0)} {f.LastWriteTimeUtc.Ticks}"));

    [LoggerMessage(EventId = 4601, Level = LogLevel.Debug, Message = "The resource folders changed while they were read: {Reason}")]
    private static partial void LogNotRead(ILogger logger, string reason);
}

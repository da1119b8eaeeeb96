using System.Collections.Concurrent;

namespace LocalDapr.Runtime.Hosting;

/// <summary>The sidecars of this process by app id: calls between them need no network.</summary>
internal sealed class SidecarDirectory
{
    private readonly ConcurrentDictionary<string, Sidecar> _sidecars = new(StringComparer.Ordinal);

    public Sidecar? Find(string appId) => _sidecars.GetValueOrDefault(appId);

    public IReadOnlyList<Sidecar> All => [.. _sidecars.Values];

    public void Add(Sidecar sidecar)
    {
        if (!_sidecars.TryAdd(sidecar.Options.AppId, sidecar))
            throw new StartupException($"app id {sidecar.Options.AppId} is used twice in this process");
    }

    public void Remove(Sidecar sidecar) => _sidecars.TryRemove(new(sidecar.Options.AppId, sidecar));
}

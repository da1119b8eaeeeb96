using System.Collections.Immutable;

namespace LocalDapr.Runtime.Hosting;

/// <summary>The sidecars of this process by app id: calls between them need no network. Replicas of an app share its id.</summary>
internal sealed class SidecarDirectory
{
    private ImmutableDictionary<string, ImmutableArray<Sidecar>> _sidecars = ImmutableDictionary.Create<string, ImmutableArray<Sidecar>>(StringComparer.Ordinal);
    private uint _next;

    /// <summary>A sidecar of the app; of several the next in turn whose app is well.</summary>
    public Sidecar? Find(string appId)
    {
        if (!_sidecars.TryGetValue(appId, out var replicas)) return null;
        if (replicas.Length == 1) return replicas[0];
        var first = Interlocked.Increment(ref _next);
        for (var i = 0u; i < replicas.Length; i++)
        {
            var replica = replicas[(int)((first + i) % replicas.Length)];
            if (replica.IsReady && replica.App.Health.IsHealthy) return replica;
        }

        return replicas[0];
    }

    public IReadOnlyList<Sidecar> All => [.. _sidecars.Values.SelectMany(replicas => replicas)];

    public void Add(Sidecar sidecar)
    {
        var appId = sidecar.Options.AppId;
        ImmutableInterlocked.Update(ref _sidecars, known =>
        {
            var replicas = known.GetValueOrDefault(appId, []);
            if (replicas.Any(other => other.Options.AppPort == sidecar.Options.AppPort))
                throw new StartupException($"app id {appId} is used twice in this process for the same app port: replicas need a port each");
            return known.SetItem(appId, replicas.Add(sidecar));
        });
    }

    public void Remove(Sidecar sidecar)
    {
        var appId = sidecar.Options.AppId;
        ImmutableInterlocked.Update(ref _sidecars, known =>
        {
            var rest = known.GetValueOrDefault(appId, []).Remove(sidecar);
            return rest.IsEmpty ? known.Remove(appId) : known.SetItem(appId, rest);
        });
    }
}

using System.Collections.Immutable;

namespace LocalDapr.Runtime.Actors.Hosting;

/// <summary>
/// Which sidecar of this process hosts an actor. Of several hosts of a type each actor belongs to the one with the highest hash of
/// (host, actor): a host that comes or goes moves only its own share. Thread-safe; looking up takes no lock.
/// </summary>
internal sealed class ActorPlacement
{
    private readonly Lock _gate = new();
    private ImmutableDictionary<string, ImmutableArray<ActorBlock>> _hosts = ImmutableDictionary<string, ImmutableArray<ActorBlock>>.Empty;

    /// <summary>Raised after hosts came or went, outside of any lock.</summary>
    public event Action? Changed;

    public ActorBlock? Find(ActorKey actor)
    {
        if (!_hosts.TryGetValue(actor.Type, out var hosts)) return null;
        return hosts.Length == 1 ? hosts[0] : hosts.MaxBy(host => Weight(host, actor));
    }

    public void Add(ActorBlock host, IEnumerable<string> types)
    {
        lock (_gate)
            foreach (var type in types)
                _hosts = _hosts.SetItem(type, [.. _hosts.GetValueOrDefault(type, []), host]);
        Changed?.Invoke();
    }

    public void Remove(ActorBlock host)
    {
        lock (_gate)
        {
            foreach (var (type, hosts) in _hosts)
            {
                var rest = hosts.Remove(host);
                if (rest.Length < hosts.Length) _hosts = rest.IsEmpty ? _hosts.Remove(type) : _hosts.SetItem(type, rest);
            }
        }

        Changed?.Invoke();
    }

    private static ulong Weight(ActorBlock host, ActorKey actor)
    {
        const ulong fnvOffset = 14695981039346656037;
        return Hash(Hash(Hash(fnvOffset, host.PlacementName), actor.Type), actor.Id);
    }

    // FNV-1a with a final mix: stable between processes and runs, unlike string.GetHashCode.
    private static ulong Hash(ulong hash, string text)
    {
        foreach (var c in text) hash = (hash ^ c) * 1099511628211;
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccd;
        return hash ^ (hash >> 33);
    }
}

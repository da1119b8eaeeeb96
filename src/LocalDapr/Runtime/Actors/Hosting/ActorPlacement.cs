using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace LocalDapr.Runtime.Actors.Hosting;

/// <summary>
/// Which host of this process an actor lives on. Of several hosts of a type each actor has its home at the one with the highest hash of
/// (host, actor): a host that comes or goes moves only its own share. One whose app is not well counts only where no other is, and of several
/// of one sidecar, which are streams of its app, only the newest counts. An actor that is active elsewhere still stays there until that host
/// has let it go, so that it is never active twice. Thread-safe; looking up takes no lock.
/// </summary>
internal sealed class ActorPlacement
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<ActorKey, ActorHost> _owners = new();
    private volatile ImmutableDictionary<string, Hosts> _hosts = ImmutableDictionary<string, Hosts>.Empty;

    /// <summary>Raised after hosts came or went, or their health changed, outside of any lock.</summary>
    public event Action? Changed;

    /// <summary>Reminders that fire now, on whatever host: one that moves meanwhile waits for the end of it.</summary>
    public ConcurrentDictionary<(ActorKey, string), byte> FiringReminders { get; } = new();

    /// <summary>Where a call of the actor goes: the host that has it active, else its home; null when nobody hosts the type.</summary>
    public ActorHost? Find(ActorKey actor) => _owners.TryGetValue(actor, out var owner) ? owner : HomeOf(actor);

    /// <summary>Where the actor belongs as hosts stand now.</summary>
    public ActorHost? HomeOf(ActorKey actor)
    {
        if (!_hosts.TryGetValue(actor.Type, out var hosts)) return null;
        return hosts.Homes.Length == 1 ? hosts.Homes[0] : hosts.Homes.MaxBy(host => (host.IsReady, Weight(host, actor)));
    }

    /// <summary>Takes the right to have the actor active; false while another host has it.</summary>
    public bool TryClaim(ActorKey actor, ActorHost host) => _owners.GetOrAdd(actor, host) == host;

    public void Release(ActorKey actor, ActorHost host) => _owners.TryRemove(new(actor, host));

    /// <summary>Whether every type of the host is hosted by another too.</summary>
    public bool HasOthers(ActorHost host) =>
        host.Types.All.Keys.All(type => _hosts.TryGetValue(type, out var hosts) && hosts.All.Any(other => other != host));

    public void Add(ActorHost host)
    {
        lock (_gate)
            foreach (var type in host.Types.All.Keys)
                _hosts = _hosts.SetItem(type, Hosts.Of(_hosts.TryGetValue(type, out var others) ? others.All.Add(host) : [host]));
        Changed?.Invoke();
    }

    public void Remove(ActorHost host)
    {
        lock (_gate)
        {
            foreach (var (type, hosts) in _hosts)
            {
                var rest = hosts.All.Remove(host);
                if (rest.Length < hosts.All.Length) _hosts = rest.IsEmpty ? _hosts.Remove(type) : _hosts.SetItem(type, Hosts.Of(rest));
            }
        }

        Changed?.Invoke();
    }

    /// <summary>To be called when the health of a host has changed.</summary>
    public void Refresh() => Changed?.Invoke();

    private static ulong Weight(ActorHost host, ActorKey actor)
    {
        const ulong fnvOffset = 14695981039346656037;
        return Hash(Hash(Hash(fnvOffset, host.Name), actor.Type), actor.Id);
    }

    // FNV-1a with a final mix: stable between processes and runs, unlike string.GetHashCode.
    private static ulong Hash(ulong hash, string text)
    {
        foreach (var c in text) hash = (hash ^ c) * 1099511628211;
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccd;
        return hash ^ (hash >> 33);
    }

    /// <summary>The hosts of a type as they came, and those of them that actors may have their home at.</summary>
    private sealed record Hosts(ImmutableArray<ActorHost> All, ImmutableArray<ActorHost> Homes)
    {
        public static Hosts Of(ImmutableArray<ActorHost> all) => new(all, [.. all.GroupBy(host => host.Sidecar).Select(ofSidecar => ofSidecar.Last())]);
    }
}

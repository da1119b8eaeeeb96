using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Runtime.Components;

/// <summary>
/// What one building block has opened of its components, by name. An update opens what is new or changed and closes what is gone; readers
/// see the old set or the new one.
/// </summary>
internal sealed class OpenComponents<T>(Sidecar sidecar, string category)
    where T : class
{
    private volatile IReadOnlyDictionary<string, (Component Component, T Opened)> _open = new Dictionary<string, (Component, T)>();

    public int Count => _open.Count;

    public IEnumerable<T> All => _open.Values.Select(o => o.Opened);

    public T? Find(string name) => _open.TryGetValue(name, out var found) ? found.Opened : null;

    /// <summary>
    /// <paramref name="open"/> gives null for a component that is none of the block's. One that fails is left out when its ignoreErrors
    /// says so; else its <see cref="StartupException"/> is thrown, and the set stays as it was.
    /// </summary>
    public async ValueTask UpdateAsync(Func<Component, ValueTask<T?>> open, Func<T, ValueTask>? close = null)
    {
        var opened = new Dictionary<string, (Component Component, T Opened)>(StringComparer.Ordinal);
        foreach (var component in sidecar.Components.OfCategory(category).ToList())
        {
            if (_open.TryGetValue(component.Name, out var existing) && ReferenceEquals(existing.Component, component))
                opened[component.Name] = existing;
            else if (await OpenAsync(component, open) is { } added)
                opened[component.Name] = (component, added);
        }
        var gone = _open.Values.Where(o => !opened.TryGetValue(o.Component.Name, out var now) || !ReferenceEquals(now.Opened, o.Opened));
        var closing = gone.Select(o => o.Opened).ToList();
        _open = opened;
        foreach (var old in close is null ? [] : closing) await close!(old);
    }

    private async ValueTask<T?> OpenAsync(Component component, Func<Component, ValueTask<T?>> open)
    {
        try
        {
            return await open(component);
        }
        catch (StartupException error) when (component.IgnoreErrors)
        {
            sidecar.LeaveOut(component, error);
            return null;
        }
    }
}

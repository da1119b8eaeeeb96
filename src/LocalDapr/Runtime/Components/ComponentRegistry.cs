namespace LocalDapr.Runtime.Components;

/// <summary>The components of one sidecar. Hot reload replaces the list as a whole; readers never see half of a change.</summary>
internal sealed class ComponentRegistry
{
    private volatile IReadOnlyList<Component> _all = [];

    public IReadOnlyList<Component> All => _all;

    /// <summary>The components of a category, e.g. <c>pubsub</c>, in the order of their files.</summary>
    public IEnumerable<Component> OfCategory(string category) => _all.Where(c => c.Category == category);

    public Component? Find(string category, string name) => _all.FirstOrDefault(c => c.Name == name && c.Category == category);

    public void Remove(Component component) => _all = [.. _all.Where(c => !ReferenceEquals(c, component))];

    public void Replace(IReadOnlyList<Component> components) => _all = components;
}

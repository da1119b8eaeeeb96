namespace LocalDapr.Runtime.Components;

/// <summary>A component as its sidecar uses it: secrets and templates are resolved.</summary>
internal sealed record Component(string Name, string Type, string Version)
{
    /// <summary>Names match in any letter case.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Scopes { get; init; } = [];

    public string File { get; init; } = "";

    /// <summary>The document it was read from; the same text is the same component.</summary>
    public string Source { get; init; } = "";

    public bool IgnoreErrors { get; init; }

    /// <summary>The part before the first dot: state, pubsub, bindings, …</summary>
    public string Category => Type.Split('.')[0];

    /// <summary>Whether it is to hold actors and workflows.</summary>
    public bool IsActorStore => Category == "state" && Flag("actorStateStore");

    public string? Get(string name) => Metadata.GetValueOrDefault(name);

    public string Get(string name, string otherwise) => Metadata.GetValueOrDefault(name) is { Length: > 0 } value ? value : otherwise;

    /// <summary>True for the words that daprd takes as true.</summary>
    public bool Flag(string name, bool otherwise = false) =>
        Get(name) is { Length: > 0 } text ? text.ToUpperInvariant() is "TRUE" or "1" or "Y" or "YES" or "ON" or "T" : otherwise;

    public string Require(string name) => Get(name) is { Length: > 0 } value
        ? value
        : throw new Hosting.StartupException($"component {this} in {File}: metadata {name} is missing");

    public override string ToString() => $"{Name} ({Type}/{Version})";
}

using System.Text.Json;
using LocalDapr.Runtime.Actors.Schedules;

namespace LocalDapr.Runtime.Actors.Hosting;

/// <summary>What an app says about one of its actor types.</summary>
internal sealed record ActorTypeOptions(TimeSpan IdleTimeout, TimeSpan DrainTimeout, bool Reentrant, int MaxStackDepth)
{
    public static readonly ActorTypeOptions Default = new(TimeSpan.FromMinutes(60), TimeSpan.FromSeconds(2), Reentrant: false, MaxStackDepth: 32);

    private static readonly TimeSpan shortestIdleTimeout = TimeSpan.FromTicks(1);

    /// <summary>
    /// With other times where they are given. None and less than none count as daprd takes them: an actor that nobody calls is deactivated at
    /// once, and a turn that runs is not waited for.
    /// </summary>
    public ActorTypeOptions With(TimeSpan? idleTimeout, TimeSpan? drainTimeout) => this with
    {
        IdleTimeout = idleTimeout is { } idle ? (idle > shortestIdleTimeout ? idle : shortestIdleTimeout) : IdleTimeout,
        DrainTimeout = drainTimeout is { } drain ? (drain > TimeSpan.Zero ? drain : TimeSpan.Zero) : DrainTimeout,
    };
}

/// <summary>
/// The actor types of an app, read from its answer to <c>/dapr/config</c>. An entry of <c>entitiesConfig</c> stands alone: what it leaves
/// out is the built-in default, not the value of the top level, and so is what it says wrongly. A wrong value at the top level means that
/// nothing is hosted. Property names match in any case, as daprd reads them.
/// </summary>
internal sealed class ActorTypes(IReadOnlyDictionary<string, ActorTypeOptions> types)
{
    public static readonly ActorTypes None = new(new Dictionary<string, ActorTypeOptions>());

    public IReadOnlyDictionary<string, ActorTypeOptions> All { get; } = types;

    public ActorTypeOptions? Find(string type) => All.GetValueOrDefault(type);

    /// <exception cref="JsonException">The answer is no JSON, or wrong at its top level.</exception>
    public static ActorTypes Parse(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object) return None;
        CheckTopLevel(root);
        var types = new Dictionary<string, ActorTypeOptions>(StringComparer.Ordinal);
        var common = ReadOptions(root);
        foreach (var type in Names(root)) types[type] = common;
        if (Property(root, "entitiesConfig") is { ValueKind: JsonValueKind.Array } entries)
            foreach (var entry in entries.EnumerateArray())
                foreach (var type in Names(entry))
                    if (types.ContainsKey(type)) types[type] = ReadOptions(entry);
        return new ActorTypes(types);
    }

    private static void CheckTopLevel(JsonElement root)
    {
        foreach (var name in (string[])["actorIdleTimeout", "drainOngoingCallTimeout"])
            if (Checked(root, name, JsonValueKind.String)?.GetString() is { Length: > 0 } text && !GoDuration.TryParse(text, out _))
                throw new JsonException($"{name} is no duration: {text}");
        if (Checked(root, "reentrancy", JsonValueKind.Object) is not { } reentrancy) return;
        Checked(reentrancy, "enabled", JsonValueKind.True, JsonValueKind.False);
        Checked(reentrancy, "maxStackDepth", JsonValueKind.Number);
    }

    private static JsonElement? Checked(JsonElement from, string name, params JsonValueKind[] kinds)
    {
        if (Property(from, name) is not { ValueKind: not JsonValueKind.Null } value) return null;
        return kinds.Contains(value.ValueKind) ? value : throw new JsonException($"{name} cannot be {value.GetRawText()}");
    }

    private static ActorTypeOptions ReadOptions(JsonElement from)
    {
        var options = ActorTypeOptions.Default;
        options = options.With(Duration(from, "actorIdleTimeout"), Duration(from, "drainOngoingCallTimeout"));
        if (Property(from, "reentrancy") is not { ValueKind: JsonValueKind.Object } reentrancy) return options;
        options = options with { Reentrant = Property(reentrancy, "enabled")?.ValueKind == JsonValueKind.True };
        return Property(reentrancy, "maxStackDepth") is { ValueKind: JsonValueKind.Number } depth && depth.TryGetInt32(out var max)
            ? options with { MaxStackDepth = Math.Max(1, max) }
            : options;
    }

    private static TimeSpan? Duration(JsonElement from, string name) =>
        Property(from, name) is { ValueKind: JsonValueKind.String } text && GoDuration.TryParse(text.GetString()!, out var duration)
            ? duration
            : null;

    private static IEnumerable<string> Names(JsonElement from) =>
        Property(from, "entities") is { ValueKind: JsonValueKind.Array } names
            ? names.EnumerateArray().Where(n => n.ValueKind == JsonValueKind.String).Select(n => n.GetString()!)
            : [];

    private static JsonElement? Property(JsonElement from, string name)
    {
        if (from.ValueKind != JsonValueKind.Object) return null;
        foreach (var property in from.EnumerateObject())
            if (string.Equals(property.Name, name, StringComparison.OrdinalIgnoreCase)) return property.Value;
        return null;
    }
}

using System.Text.Json;

namespace LocalDapr.Runtime.PubSub.Routing;

/// <summary>What the operators of CEL do with values.</summary>
internal static class CelValues
{
    public static object? FromJson(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Array => json.EnumerateArray().Select(FromJson).ToList(),
        JsonValueKind.Object => json,
        _ => null,
    };

    public static bool Truth(object? value) => value as bool? ?? throw new CelException("a bool is expected");

    public static double Number(object? value) => value as double? ?? throw new CelException("a number is expected");

    /// <summary>Logic of CEL: one side that decides is enough, even when the other fails.</summary>
    public static bool Either(CelNode left, CelNode right, JsonElement e, bool decides)
    {
        bool first;
        try
        {
            first = Truth(left(e));
        }
        catch (CelException)
        {
            if (Truth(right(e)) == decides) return decides;
            throw;
        }
        return first == decides ? decides : Truth(right(e));
    }

    public static bool Same(object? left, object? right) => (left, right) switch
    {
        (List<object?> a, List<object?> b) => a.Count == b.Count && a.Zip(b).All(pair => Same(pair.First, pair.Second)),
        (JsonElement a, JsonElement b) => JsonElement.DeepEquals(a, b),
        _ => Equals(left, right),
    };

    public static int Compare(object? left, object? right) => (left, right) switch
    {
        (double a, double b) => a.CompareTo(b),
        (string a, string b) => string.CompareOrdinal(a, b),
        (bool a, bool b) => a.CompareTo(b),
        _ => throw new CelException("values of different types cannot be compared"),
    };

    public static object Plus(object? left, object? right) => (left, right) switch
    {
        (string a, string b) => a + b,
        (List<object?> a, List<object?> b) => a.Concat(b).ToList(),
        _ => Number(left) + Number(right),
    };

    public static bool IsIn(object? item, object? container) => container switch
    {
        List<object?> list => list.Exists(i => Same(i, item)),
        JsonElement map when item is string key => map.TryGetProperty(key, out _),
        _ => throw new CelException("'in' needs a list or a map"),
    };

    public static object? Field(object? target, string name) =>
        target is JsonElement map && map.TryGetProperty(name, out var value)
            ? FromJson(value)
            : throw new CelException($"no such key: {name}");

    public static object? At(object? target, object? index) => (target, index) switch
    {
        (List<object?> list, double i) when i >= 0 && i < list.Count => list[(int)i],
        (JsonElement, string key) => Field(target, key),
        _ => throw new CelException("no such element"),
    };
}

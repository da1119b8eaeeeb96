using System.Text.Json;

namespace DaprOrders.Inventory.Stock;

/// <summary>An entry of a SKU's ledger. Its position is its place, counted from 1.</summary>
internal sealed record StoredEntry(long Position, DateTimeOffset At, string Kind, long Quantity, string? OrderId)
{
    /// <summary>Kind, quantity, milliseconds and order in one string: a third of the bytes of an object, and the last page is written with every turn.</summary>
    public override string ToString() => $"{Kind} {Quantity} {At.ToUnixTimeMilliseconds()} {OrderId}";

    public static StoredEntry Parse(string text, long position)
    {
        var parts = text.Split(' ', 4);
        return new(position, DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(parts[2])), parts[0], long.Parse(parts[1]), parts[3].Length == 0 ? null : parts[3]);
    }
}

/// <summary>A full page of a ledger.</summary>
internal static class LedgerPages
{
    public const int Size = 64;

    public static string KeyOf(long page) => $"ledger-{page}";

    /// <summary>Pages of the first version are objects, with the keys of restocks in them.</summary>
    public static IReadOnlyList<StoredEntry> Read(JsonElement stored, long page) =>
        [.. stored.EnumerateArray().Select((item, i) => item.ValueKind == JsonValueKind.String ? StoredEntry.Parse(item.GetString()!, (page * Size) + i + 1) : Old(item))];

    /// <summary>The restock's key of an entry of the first version.</summary>
    public static string? RestockKeyOf(JsonElement item) => item.TryGetProperty("key", out var key) ? key.GetString() : null;

    private static StoredEntry Old(JsonElement item) => new(
        item.GetProperty("position").GetInt64(), item.GetProperty("at").GetDateTimeOffset(), item.GetProperty("kind").GetString()!, item.GetProperty("quantity").GetInt64(),
        item.TryGetProperty("orderId", out var order) ? order.GetString() : null);
}

using NpgsqlTypes;

namespace DaprOrders.Move.Copying;

/// <summary>
/// A table of the target, and where its rows come from. Both sides are read in the order of one key, so that their digests can be compared. Where leaves out
/// what the move itself adds.
/// </summary>
internal sealed record Table(string Name, IReadOnlyList<Column> Columns, string Order, Func<IEnumerable<object?[]>> Source)
{
    public string? Where { get; init; }

    public string CopySql => $"COPY {Name} ({Names}) FROM STDIN (FORMAT BINARY)";

    public string SelectSql => $"SELECT {Names} FROM {Name}{(Where is null ? "" : $" WHERE {Where}")} ORDER BY {Order}";

    private string Names => string.Join(", ", Columns.Select(column => column.Name));

    public Sum SumOfSource()
    {
        using var digest = new Digest();
        foreach (var row in Source()) digest.Add(row);
        return digest.Finish();
    }
}

internal sealed record Column(string Name, NpgsqlDbType Type);

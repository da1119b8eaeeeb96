using Npgsql;

namespace DaprOrders.Move.Copying;

/// <summary>
/// Moves a part: one transaction that copies, reads back, compares, and notes whose copy it is. Killed anywhere it leaves the whole part or nothing of it.
/// Copied again only while nobody has used the copy.
/// </summary>
internal sealed class MovePart(Part part, string run)
{
    private const string Notes = """
        CREATE TABLE IF NOT EXISTS daprorders_moved(
          part text PRIMARY KEY, run text NOT NULL, digest text NOT NULL, at timestamptz NOT NULL DEFAULT now())
        """;

    /// <summary>Refuses a target that this run may not write; copies nothing.</summary>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await part.SecureAsync(connection, cancellation);
        await IsCopiedAsync(connection, cancellation);
    }

    public async Task<IReadOnlyList<MovedTable>> RunAsync(CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await part.SecureAsync(connection, cancellation);
        if (await IsCopiedAsync(connection, cancellation))
        {
            var known = part.Tables.Select(table => (table, Sum: table.SumOfSource())).ToList();
            if (await NoteAsync(connection, cancellation) == (run, Together(known.Select(one => one.Sum))))
                return [.. known.Select(one => new MovedTable(one.table.Name, one.Sum, WasThere: true))];
            foreach (var table in part.Tables) await connection.RunAsync($"DELETE FROM {table.Name}", cancellation); // the shop went on with its files since
        }

        var moved = new List<MovedTable>();
        foreach (var table in part.Tables) moved.Add(await CopyAsync(connection, table, cancellation));
        await part.CompleteAsync(connection, cancellation);
        await connection.RunAsync(
            "INSERT INTO daprorders_moved(part, run, digest) VALUES($1, $2, $3) ON CONFLICT (part) DO UPDATE SET run = $2, digest = $3, at = now()",
            cancellation, part.Name, run, Together(moved.Select(table => table.Sum)));
        await transaction.CommitAsync(cancellation);
        return moved;
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = await part.Target.OpenConnectionAsync(cancellation);
        await connection.RunAsync("SET lock_timeout = '30s'", cancellation); // somebody is in, or a killed try is not quite gone: an error, no wait without end
        await part.PrepareAsync(connection, cancellation);
        await connection.RunAsync(Notes, cancellation);
        return connection;
    }

    /// <summary>True when an earlier try of this run has committed the part and it is as it was then.</summary>
    private async Task<bool> IsCopiedAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        if (await NoteAsync(connection, cancellation) is not { } note)
        {
            foreach (var table in part.Tables)
                if (await connection.OneAsync<bool>($"SELECT EXISTS (SELECT 1 FROM {table.Name})", cancellation))
                    throw new RefusedException($"The table {table.Name} in the database {connection.Database} is not empty. Give an empty database: a shop is never moved over another.");
            return false;
        }

        if (note.Run != run)
            throw new RefusedException($"The database {connection.Database} holds another shop's {part.Name} (moved by run {note.Run}). Give an empty database.");
        var sums = new List<Sum>();
        foreach (var table in part.Tables) sums.Add(await SumAsync(connection, table, cancellation));
        if (Together(sums) != note.Digest)
            throw new RefusedException(
                $"The {part.Name} in the database {connection.Database} were copied by an earlier run and have been written since: a shop works on them. Moving again would undo that. "
                + "If these are to be given up, drop the database, make it anew and run this again.");
        return true;
    }

    private async Task<(string Run, string Digest)?> NoteAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT run, digest FROM daprorders_moved WHERE part = $1", connection) { Parameters = { new() { Value = part.Name } } };
        await using var row = await command.ExecuteReaderAsync(cancellation);
        return await row.ReadAsync(cancellation) ? (row.GetString(0), row.GetString(1)) : null;
    }

    private static async Task<MovedTable> CopyAsync(NpgsqlConnection connection, Table table, CancellationToken cancellation)
    {
        using var read = new Digest();
        await using (var writer = await connection.BeginBinaryImportAsync(table.CopySql, cancellation))
        {
            writer.Timeout = TimeSpan.Zero;
            foreach (var row in table.Source())
            {
                read.Add(row);
                await writer.StartRowAsync(cancellation);
                for (var i = 0; i < row.Length; i++)
                    if (row[i] is null) await writer.WriteNullAsync(cancellation);
                    else await writer.WriteAsync(row[i]!, table.Columns[i].Type, cancellation);
            }

            await writer.CompleteAsync(cancellation);
        }

        var (source, target) = (read.Finish(), await SumAsync(connection, table, cancellation));
        return source == target
            ? new MovedTable(table.Name, source, WasThere: false)
            : throw new InvalidDataException($"The copy of {table.Name} is not what was read: {source.Rows} rows, SHA-256 {source.Hash}; copied {target.Rows} rows, SHA-256 {target.Hash}. Nothing of it was kept.");
    }

    private static async Task<Sum> SumAsync(NpgsqlConnection connection, Table table, CancellationToken cancellation)
    {
        using var digest = new Digest();
        await using var command = new NpgsqlCommand(table.SelectSql, connection) { CommandTimeout = 0 };
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var row = new object[table.Columns.Count];
        while (await rows.ReadAsync(cancellation))
        {
            rows.GetValues(row);
            digest.Add(row);
        }

        return digest.Finish();
    }

    private static string Together(IEnumerable<Sum> sums) => string.Join(' ', sums.Select(sum => $"{sum.Rows}:{sum.Hash}"));
}

/// <summary>A table as it was read and found again. WasThere when an earlier try of the run had copied it.</summary>
internal sealed record MovedTable(string Name, Sum Sum, bool WasThere);

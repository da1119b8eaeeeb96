using Npgsql;

namespace DaprOrders.Move.Copying;

/// <summary>What moves in one transaction: some tables of one store into one database. The name is remembered in the database.</summary>
internal abstract class Part(string name, NpgsqlDataSource target)
{
    public string Name => name;

    public NpgsqlDataSource Target => target;

    public abstract IReadOnlyList<Table> Tables { get; }

    /// <summary>Makes the tables as whoever works on them later would; those that are there stay.</summary>
    public abstract Task PrepareAsync(NpgsqlConnection connection, CancellationToken cancellation);

    /// <summary>Inside the transaction, before anything is looked at: keeps others out until it ends, refuses when somebody is in.</summary>
    public abstract Task SecureAsync(NpgsqlConnection connection, CancellationToken cancellation);

    /// <summary>Inside the transaction, when all rows are there: what goes with them, and is no row of theirs.</summary>
    public abstract Task CompleteAsync(NpgsqlConnection connection, CancellationToken cancellation);
}

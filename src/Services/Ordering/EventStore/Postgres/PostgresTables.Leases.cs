using System.Data.Common;
using Npgsql;

namespace DaprOrders.Ordering.EventStore.Postgres;

/// <summary>Buckets by lease. The clock is the database's; the leases' rows are locked while they are divided, so processes divide one after the other.</summary>
internal sealed partial class PostgresTables
{
    private volatile IReadOnlyList<Share> leased = [];

    public override async Task<IReadOnlyList<Share>> LeaseAsync(TimeSpan term, CancellationToken cancellation)
    {
        try
        {
            await EnsureOnceAsync();
            await using var connection = await source.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await using (var join = new NpgsqlBatch(connection))
            {
                Add(join, "INSERT INTO members(owner, until) VALUES($1, clock_timestamp() + $2) ON CONFLICT (owner) DO UPDATE SET until = excluded.until", owner, term);
                Add(join, "DELETE FROM members WHERE until < clock_timestamp()");
                await join.ExecuteNonQueryAsync(cancellation);
            }

            var (members, leases) = await ReadAsync(connection, cancellation);
            var division = Division.Of(leases, owner, members);
            await using (var divide = new NpgsqlBatch(connection))
            {
                Add(divide, "UPDATE relay SET until = clock_timestamp() + $2 WHERE bucket = ANY($1)", Narrow(division.Keep), term);
                Add(divide, "UPDATE relay SET owner = '', until = '-infinity' WHERE bucket = ANY($1)", [Narrow(division.GiveBack)]);
                Add(divide, "UPDATE relay SET owner = $2, epoch = epoch + 1, until = clock_timestamp() + $3 WHERE bucket = ANY($1)", Narrow(division.Take), owner, term);
                await divide.ExecuteNonQueryAsync(cancellation);
            }

            await transaction.CommitAsync(cancellation);
            var taken = division.Take.ToHashSet();
            return leased = [.. leases.Where(lease => taken.Contains(lease.Bucket) || division.Keep.Contains(lease.Bucket))
                .Select(lease => new Share(lease.Bucket, taken.Contains(lease.Bucket) ? lease.Epoch + 1 : lease.Epoch, lease.Published))];
        }
        catch (DbException e)
        {
            throw new StoreUnavailableException(e);
        }
    }

    public override async Task ReleaseAsync(CancellationToken cancellation)
    {
        leased = [];
        await using var batch = source.CreateBatch();
        Add(batch, "UPDATE relay SET owner = '', until = '-infinity' WHERE owner = $1", owner);
        Add(batch, "DELETE FROM members WHERE owner = $1", owner);
        await batch.ExecuteNonQueryAsync(cancellation);
        bell.Ring(null);
    }

    private static async Task<(int Members, IReadOnlyList<Lease> Leases)> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        Add(batch, "SELECT bucket, owner, epoch, until < clock_timestamp(), position FROM relay ORDER BY bucket FOR UPDATE");
        Add(batch, "SELECT count(*)::int FROM members"); // counted after the lock: who was first is in it
        await using var rows = await batch.ExecuteReaderAsync(cancellation);
        var leases = new List<Lease>();
        while (await rows.ReadAsync(cancellation)) leases.Add(new Lease(rows.GetInt16(0), rows.GetString(1), rows.GetInt64(2), rows.GetBoolean(3), rows.GetInt64(4)));
        await rows.NextResultAsync(cancellation);
        await rows.ReadAsync(cancellation);
        return (rows.GetInt32(0), leases);
    }

    private static short[] Narrow(IEnumerable<int> buckets) => [.. buckets.Select(bucket => (short)bucket)];
}

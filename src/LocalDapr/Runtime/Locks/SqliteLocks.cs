using LocalDapr.Runtime.Storage;

namespace LocalDapr.Runtime.Locks;

/// <summary>What became of giving a lock back; the numbers are those of the API.</summary>
internal enum UnlockOutcome
{
    Done = 0,
    NotHeld = 1,
    HeldByAnother = 2,
}

/// <summary>lock.sqlite: a row a held lock. It outlives its holder and ends with its time. Safe for any number of callers and processes.</summary>
internal sealed class SqliteLocks(SqliteDatabase database, TimeProvider time)
{
    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Creates the table where it is missing; call once before use.</summary>
    public ValueTask OpenAsync(CancellationToken cancellation) => database.WriteAsync(
        connection => connection.Execute("CREATE TABLE IF NOT EXISTS locks (key TEXT PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL)"),
        cancellation);

    /// <summary>False while anybody holds it, its own owner included: a lock is not reentrant and is not prolonged.</summary>
    public ValueTask<bool> TryLockAsync(string key, string owner, TimeSpan expiry, CancellationToken cancellation) => database.WriteAsync(
        connection => connection.Prepared("""
            INSERT INTO locks (key, owner, until) VALUES (@key, @owner, @until)
            ON CONFLICT (key) DO UPDATE SET owner = @owner, until = @until WHERE locks.until <= @now
            """).Bind("@key", key).Bind("@owner", owner).Bind("@until", Now + (long)expiry.TotalMilliseconds).Bind("@now", Now).ExecuteNonQuery() > 0,
        cancellation);

    public ValueTask<UnlockOutcome> UnlockAsync(string key, string owner, CancellationToken cancellation) => database.WriteAsync(
        connection =>
        {
            var holder = connection.Prepared("SELECT owner FROM locks WHERE key = @key AND until > @now")
                .Bind("@key", key).Bind("@now", Now).ExecuteScalar() as string;
            if (holder is null) return UnlockOutcome.NotHeld;
            if (holder != owner) return UnlockOutcome.HeldByAnother;
            connection.Prepared("DELETE FROM locks WHERE key = @key").Bind("@key", key).ExecuteNonQuery();
            return UnlockOutcome.Done;
        },
        cancellation);
}

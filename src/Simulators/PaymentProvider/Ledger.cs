using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace DaprOrders.PaymentProvider;

/// <summary>One operation that came to a result. Status: succeeded or declined.</summary>
internal sealed record Entry(
    string Key, string BodyHash, string Operation, string Reference, long Amount, string Currency, string Status, string AuthorisationId, string Token,
    long Position = 0, DateTimeOffset At = default);

/// <summary>
/// Every operation that took effect or was declined, once: an SQLite file with synchronous=FULL. One writer takes all entries that arrived
/// together into one transaction, one fsync. Safe for concurrent use.
/// </summary>
internal sealed class Ledger : IDisposable
{
    private const int QueueLimit = 10_000;
    private readonly Channel<(Entry Entry, TaskCompletionSource<Entry> Done)> queue = Channel.CreateBounded<(Entry, TaskCompletionSource<Entry>)>(QueueLimit);
    private readonly ConcurrentDictionary<string, int> attempts = new();        // of keys that have no entry yet; a restart starts them anew
    private readonly ConcurrentDictionary<string, bool> repliesLost = new();
    private readonly ConcurrentDictionary<string, Entry> recent = new();        // what is committed, by key
    private readonly ConcurrentDictionary<string, string> authorisations = new();
    private readonly SqliteConnection connection;
    private readonly SqliteCommand insert;
    private readonly ConcurrentDictionary<string, ConcurrentBag<SqliteCommand>> readers = new();    // free to use, by what they select
    private readonly string readString;
    private readonly TimeProvider time;
    private readonly Task writer;

    public Ledger(string path, TimeProvider time)
    {
        this.time = time;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        readString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString();
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        Run("""
            PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;
            CREATE TABLE IF NOT EXISTS operations(
              position INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, body_hash TEXT NOT NULL, operation TEXT NOT NULL, reference TEXT NOT NULL,
              amount INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL, authorisation TEXT NOT NULL, token TEXT NOT NULL, at INTEGER NOT NULL);
            CREATE INDEX IF NOT EXISTS operations_by_reference ON operations(reference, position);
            CREATE INDEX IF NOT EXISTS operations_by_authorisation ON operations(authorisation);
            """);
        insert = connection.CreateCommand();
        insert.CommandText = """
            INSERT INTO operations(key, body_hash, operation, reference, amount, currency, status, authorisation, token, at)
            VALUES($key, $hash, $operation, $reference, $amount, $currency, $status, $authorisation, $token, $at) ON CONFLICT(key) DO NOTHING RETURNING position
            """;
        writer = Task.Run(WriteAsync);
    }

    /// <summary>The entry of a key; null: it never came to a result.</summary>
    public Task<Entry?> FindAsync(string key) =>
        Task.FromResult(recent.TryGetValue(key, out var known) ? known : Query("WHERE key = $value", key, 0, 1).FirstOrDefault());

    /// <summary>The token of an authorisation that was made here; null: there is none.</summary>
    public Task<string?> AuthorisationAsync(string id) => Task.FromResult(
        authorisations.TryGetValue(id, out var token) ? token : Query("WHERE authorisation = $value AND operation = 'authorise'", id, 0, 1).FirstOrDefault()?.Token);

    public int CountAttempt(string key) => attempts.AddOrUpdate(key, 1, (_, n) => n + 1) - 1;

    public Task<bool> FirstReplyAsync(string key, string token) => Task.FromResult(token == "tok_lost_reply" && repliesLost.TryAdd(key, true));

    /// <summary>Durable when it returns. An entry of the same key that is there already is returned instead.</summary>
    public async Task<Entry> AddAsync(Entry entry)
    {
        var done = new TaskCompletionSource<Entry>(TaskCreationOptions.RunContinuationsAsynchronously);
        await queue.Writer.WriteAsync((entry, done));
        return await done.Task;
    }

    public IReadOnlyList<Entry> Page(string? reference, long after, int limit) =>
        reference is null ? Query("WHERE position > $after", "", after, limit) : Query("WHERE reference = $value AND position > $after", reference, after, limit);

    public void Dispose()
    {
        queue.Writer.TryComplete();
        writer.Wait(TimeSpan.FromSeconds(5));
        foreach (var select in readers.Values.SelectMany(pool => pool))
        {
            select.Connection!.Dispose();
            select.Dispose();
        }

        insert.Dispose();
        connection.Dispose();
    }

    /// <summary>The only writer; ends when the queue is completed.</summary>
    private async Task WriteAsync()
    {
        var batch = new List<(Entry Entry, TaskCompletionSource<Entry> Done)>();
        while (await queue.Reader.WaitToReadAsync())
        {
            while (batch.Count < 512 && queue.Reader.TryRead(out var item)) batch.Add(item);
            try
            {
                var stored = Commit(batch.Select(item => item.Entry));
                for (var i = 0; i < batch.Count; i++) batch[i].Done.TrySetResult(stored[i]);
            }
            catch (SqliteException e)
            {
                foreach (var (_, done) in batch) done.TrySetException(e);
            }

            batch.Clear();
        }
    }

    private List<Entry> Commit(IEnumerable<Entry> entries)
    {
        using var transaction = connection.BeginTransaction();
        insert.Transaction = transaction;
        var stored = new List<Entry>();
        var at = time.GetUtcNow();
        foreach (var entry in entries)
        {
            foreach (var (name, value) in new (string, object)[]
            {
                ("$key", entry.Key), ("$hash", entry.BodyHash), ("$operation", entry.Operation), ("$reference", entry.Reference), ("$amount", entry.Amount),
                ("$currency", entry.Currency), ("$status", entry.Status), ("$authorisation", entry.AuthorisationId), ("$token", entry.Token), ("$at", at.ToUnixTimeMilliseconds()),
            }) Bind(insert, name, value);
            stored.Add(insert.ExecuteScalar() is long position ? entry with { Position = position, At = at } : Read(Select(connection, "WHERE key = $value"), entry.Key, 0, 1)[0]);
        }

        transaction.Commit();
        foreach (var entry in stored)
        {
            recent[entry.Key] = entry;
            attempts.TryRemove(entry.Key, out _);
            if (entry.Operation == "authorise") authorisations[entry.AuthorisationId] = entry.Token;
        }

        if (recent.Count > 200_000) recent.Clear(); // caches only: what is not there is read from the file
        if (authorisations.Count > 200_000) authorisations.Clear();
        return stored;
    }

    private List<Entry> Query(string where, string value, long after, int limit)
    {
        var pool = readers.GetOrAdd(where, _ => []);
        if (!pool.TryTake(out var select))
        {
            var reading = new SqliteConnection(readString);
            reading.Open();
            select = Select(reading, where);
        }

        try
        {
            return Read(select, value, after, limit);
        }
        finally
        {
            pool.Add(select);
        }
    }

    private static SqliteCommand Select(SqliteConnection reading, string where)
    {
        var select = reading.CreateCommand();
        select.CommandText = $"""
            SELECT key, body_hash, operation, reference, amount, currency, status, authorisation, token, position, at FROM operations {where} ORDER BY position LIMIT $limit
            """;
        return select;
    }

    private static List<Entry> Read(SqliteCommand select, string value, long after, int limit)
    {
        Bind(select, "$value", value);
        Bind(select, "$after", after);
        Bind(select, "$limit", limit);
        using var rows = select.ExecuteReader();
        var entries = new List<Entry>();
        while (rows.Read())
        {
            entries.Add(new Entry(rows.GetString(0), rows.GetString(1), rows.GetString(2), rows.GetString(3), rows.GetInt64(4), rows.GetString(5), rows.GetString(6),
                rows.GetString(7), rows.GetString(8), rows.GetInt64(9), DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(10))));
        }

        return entries;
    }

    // A command is prepared once, and bound again for each use.
    private static void Bind(SqliteCommand command, string name, object value)
    {
        var index = command.Parameters.IndexOf(name);
        if (index < 0) command.Parameters.AddWithValue(name, value);
        else command.Parameters[index].Value = value;
    }

    private void Run(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using LocalDapr.Runtime.Storage;
using Microsoft.Data.Sqlite;

namespace LocalDapr.Runtime.PubSub.Log;

/// <summary>
/// Topics, consumer groups and their leases in one SQLite file. The id of a message is its topic and its position in it, without gaps, so a
/// claim is one comparison and one row. Several processes may use the file: the write lock of SQLite decides between them.
/// </summary>
internal sealed class MessageLog
{
    /// <summary>Bits of a message id that are the position in the topic.</summary>
    private const int PositionBits = 40;

    /// <summary>Messages that one clean-up removes from a topic, so that it does not hold up the writers.</summary>
    private const int RemovalLimit = 5_000;

    private static readonly ConditionalWeakTable<SqliteDatabase, MessageLog> Logs = [];

    private readonly ConcurrentDictionary<string, long> _topics = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, Signal> _signals = new();
    // Patterns that somebody of this process has joined, with the topic that collects what matches.
    private readonly ConcurrentDictionary<string, long> _patterns = new(StringComparer.Ordinal);
    private readonly SqliteDatabase _database;

    private MessageLog(SqliteDatabase database)
    {
        _database = database;
        _database.WriteAsync(connection => connection.Execute("""
            CREATE TABLE IF NOT EXISTS pubsub_topic (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last INTEGER NOT NULL DEFAULT 0);
            CREATE TABLE IF NOT EXISTS pubsub_message
                (id INTEGER PRIMARY KEY, data BLOB NOT NULL, metadata TEXT, expires INTEGER, at INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS pubsub_group
                (id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, UNIQUE (topic, name));
            CREATE TABLE IF NOT EXISTS pubsub_lease
                (id INTEGER PRIMARY KEY, consumers INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, done BLOB NOT NULL,
                 owner TEXT NOT NULL, until INTEGER NOT NULL);
            CREATE INDEX IF NOT EXISTS pubsub_lease_consumers ON pubsub_lease (consumers, until);
            """)).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>The log of a database; all its users in this process share it, and hear of each other's messages at once.</summary>
    public static MessageLog Of(SqliteDatabase database) => Logs.GetValue(database, static d => new MessageLog(d));

    /// <summary>Appends all or none; completes when they are durable.</summary>
    public async ValueTask AppendAsync(
        string topic, IReadOnlyList<NewMessage> messages, DateTimeOffset now, CancellationToken cancellation)
    {
        if (messages.Count == 0) return;
        var id = await TopicAsync(topic, cancellation);
        var also = _patterns.IsEmpty ? [] : PatternsOf(topic);
        await _database.WriteAsync(
            connection =>
            {
                Insert(connection, id, messages, now.ToUnixTimeMilliseconds());
                foreach (var pattern in also) Insert(connection, pattern, messages, now.ToUnixTimeMilliseconds());
            },
            cancellation);
        if (_signals.TryGetValue(id, out var signal)) signal.Raise();
        foreach (var pattern in also)
            if (_signals.TryGetValue(pattern, out var waiting))
                waiting.Raise();
    }

    /// <summary>
    /// Joins a pattern, which ends in a star: every topic that begins so, and goes on. Only this process knows of it, so it is for logs that
    /// no other process writes. What is published from now on is collected under the pattern's own name.
    /// </summary>
    public async ValueTask<Consumers> JoinPatternAsync(string pattern, string name, bool fromOldest, CancellationToken cancellation)
    {
        var consumers = await JoinAsync(pattern, name, fromOldest, cancellation);
        _patterns[pattern] = consumers.TopicId;
        return consumers;
    }

    /// <summary>The group of a topic, made now if it is new: it gets what is published from now on, or what the log still holds.</summary>
    public async ValueTask<Consumers> JoinAsync(string topic, string name, bool fromOldest, CancellationToken cancellation)
    {
        var id = await TopicAsync(topic, cancellation);
        var group = await _database.WriteAsync(
            connection =>
            {
                connection.Prepared("""
                    INSERT INTO pubsub_group (topic, name, position)
                    SELECT @topic, @name, CASE WHEN @oldest THEN 0 ELSE last END FROM pubsub_topic WHERE id = @topic
                    ON CONFLICT DO NOTHING
                    """).Bind("@topic", id).Bind("@name", name).Bind("@oldest", fromOldest).ExecuteNonQuery();
                return (long)connection.Prepared("SELECT id FROM pubsub_group WHERE topic = @topic AND name = @name")
                    .Bind("@topic", id).Bind("@name", name).ExecuteScalar()!;
            },
            cancellation);
        return new Consumers(group, id, topic, _signals.GetOrAdd(id, static _ => new Signal()));
    }

    /// <summary>True when the group has not claimed everything of its topic.</summary>
    public bool HasMore(Consumers consumers) => _database.Read(connection =>
        (long)connection.Prepared("""
            SELECT t.last > g.position FROM pubsub_group g JOIN pubsub_topic t ON t.id = g.topic WHERE g.id = @group
            """).Bind("@group", consumers.Id).ExecuteScalar()! != 0);

    /// <summary>Takes up to <paramref name="limit"/> messages that no consumer of the group has taken; null when there are none.</summary>
    public ValueTask<Lease?> ClaimAsync(Consumers consumers, string owner, int limit, DateTimeOffset until) =>
        _database.WriteAsync(connection => Claim(connection, consumers, owner, limit, until.ToUnixTimeMilliseconds()));

    /// <summary>Takes over the leases of consumers of the group that went away: their time is over, or their process has ended.</summary>
    public async ValueTask<List<Lease>> TakeOverAsync(
        Consumers consumers, string owner, DateTimeOffset now, DateTimeOffset until)
    {
        var open = _database.Read(connection => Owners(connection, consumers, owner));
        if (open.Count == 0) return [];
        var gone = open.Where(o => ProcessOwner.IsGone(o.Owner)).Select(o => o.Owner).ToList();
        if (gone.Count == 0 && open.All(o => o.Until >= now.ToUnixTimeMilliseconds())) return [];
        return await _database.WriteAsync(connection =>
        {
            foreach (var dead in gone)
                connection.Prepared("UPDATE pubsub_lease SET until = 0 WHERE consumers = @group AND owner = @owner")
                    .Bind("@group", consumers.Id).Bind("@owner", dead).ExecuteNonQuery();
            return TakeOver(connection, consumers, owner, now, until);
        });
    }

    /// <summary>The messages of a lease that are not done; those that expired or are gone are marked done.</summary>
    public IReadOnlyList<LogMessage> Read(Consumers consumers, Lease lease, DateTimeOffset now) => _database.Read(connection =>
    {
        var messages = new List<LogMessage>(lease.Count);
        var next = 0;
        using var rows = connection.Prepared("""
                SELECT id, data, metadata, expires FROM pubsub_message WHERE id >= @first AND id < @end ORDER BY id
                """)
            .Bind("@first", lease.First).Bind("@end", lease.First + lease.Count).ExecuteReader();
        while (rows.Read())
        {
            var index = (int)(rows.GetInt64(0) - lease.First);
            while (next < index) lease.Complete(next++);
            next = index + 1;
            if (lease.IsDone(index)) continue;
            if (!rows.IsDBNull(3) && rows.GetInt64(3) <= now.ToUnixTimeMilliseconds()) lease.Complete(index);
            else messages.Add(new LogMessage(consumers.Topic, (byte[])rows.GetValue(1), Metadata(rows), lease, index));
        }
        while (next < lease.Count) lease.Complete(next++);
        return messages;
    });

    /// <summary>Writes what was completed and prolongs what is not; complete leases end. All in one commit.</summary>
    public ValueTask SaveAsync(IReadOnlyList<(long Id, byte[]? Done)> leases, string owner, DateTimeOffset until) =>
        _database.WriteAsync(connection =>
        {
            foreach (var (id, done) in leases)
            {
                if (done is null)
                    connection.Prepared("DELETE FROM pubsub_lease WHERE id = @id AND owner = @owner")
                        .Bind("@id", id).Bind("@owner", owner).ExecuteNonQuery();
                else
                    connection.Prepared("UPDATE pubsub_lease SET done = @done, until = @until WHERE id = @id AND owner = @owner")
                        .Bind("@id", id).Bind("@owner", owner).Bind("@done", done)
                        .Bind("@until", until.ToUnixTimeMilliseconds()).ExecuteNonQuery();
            }
        });

    /// <summary>Removes messages that all groups of the topic are done with, a part at a time. Without any group they stay.</summary>
    public async ValueTask RemoveDoneAsync(Consumers consumers)
    {
        while (_database.Read(connection => DoneRange(connection, consumers)) is { } range)
        {
            var last = Math.Min(range.Last, range.First + RemovalLimit);
            await _database.WriteAsync(connection => connection.Prepared("DELETE FROM pubsub_message WHERE id >= @first AND id <= @last")
                .Bind("@first", range.First).Bind("@last", last).ExecuteNonQuery());
            if (last == range.Last) return;
        }
    }

    private static (long First, long Last)? DoneRange(SqliteConnection connection, Consumers consumers)
    {
        var start = consumers.TopicId << PositionBits;
        var first = connection.Prepared("SELECT id FROM pubsub_message WHERE id > @base ORDER BY id LIMIT 1")
            .Bind("@base", start).ExecuteScalar() as long?;
        var done = connection.Prepared("""
            SELECT min(coalesce((SELECT min(l.first) - 1 FROM pubsub_lease l WHERE l.consumers = g.id), @base + g.position))
            FROM pubsub_group g WHERE g.topic = @topic
            """).Bind("@base", start).Bind("@topic", consumers.TopicId).ExecuteScalar() as long?;
        return first is { } from && done is { } to && to >= from ? (from, to) : null;
    }

    private List<long> PatternsOf(string topic) =>
    [
        .. _patterns.Where(p => topic.Length >= p.Key.Length && topic != p.Key && topic.AsSpan().StartsWith(p.Key.AsSpan()[..^1], StringComparison.Ordinal))
            .Select(p => p.Value),
    ];

    private async ValueTask<long> TopicAsync(string topic, CancellationToken cancellation)
    {
        if (_topics.TryGetValue(topic, out var known)) return known;
        // A write of its own: an id may be remembered only when the row that gave it is committed.
        var id = await _database.WriteAsync(
            connection =>
            {
                connection.Prepared("INSERT INTO pubsub_topic (name) VALUES (@name) ON CONFLICT DO NOTHING")
                    .Bind("@name", topic).ExecuteNonQuery();
                return (long)connection.Prepared("SELECT id FROM pubsub_topic WHERE name = @name").Bind("@name", topic).ExecuteScalar()!;
            },
            cancellation);
        _topics[topic] = id;
        return id;
    }

    private static void Insert(SqliteConnection connection, long topic, IReadOnlyList<NewMessage> messages, long now)
    {
        var last = (long)connection.Prepared("UPDATE pubsub_topic SET last = last + @count WHERE id = @id RETURNING last")
            .Bind("@count", messages.Count).Bind("@id", topic).ExecuteScalar()!;
        var id = (topic << PositionBits) + last - messages.Count;
        var insert = connection.Prepared(
            "INSERT INTO pubsub_message (id, data, metadata, expires, at) VALUES (@id, @data, @metadata, @expires, @at)");
        foreach (var message in messages)
            insert.Bind("@id", ++id).Bind("@data", Bytes(message.Data)).Bind("@at", now)
                .Bind("@metadata", message.Metadata is { Count: > 0 } metadata ? JsonSerializer.Serialize(metadata) : null)
                .Bind("@expires", message.Expires?.ToUnixTimeMilliseconds()).ExecuteNonQuery();
    }

    private static Lease? Claim(SqliteConnection connection, Consumers consumers, string owner, int limit, long until)
    {
        long position, count;
        using (var row = connection.Prepared("""
            SELECT g.position, t.last FROM pubsub_group g JOIN pubsub_topic t ON t.id = g.topic WHERE g.id = @group
            """).Bind("@group", consumers.Id).ExecuteReader())
        {
            if (!row.Read()) return null;
            position = row.GetInt64(0);
            count = Math.Min(limit, row.GetInt64(1) - position);
        }
        if (count <= 0) return null;
        connection.Prepared("UPDATE pubsub_group SET position = @position WHERE id = @group")
            .Bind("@position", position + count).Bind("@group", consumers.Id).ExecuteNonQuery();
        var first = (consumers.TopicId << PositionBits) + position + 1;
        var id = (long)connection.Prepared("""
            INSERT INTO pubsub_lease (consumers, first, count, done, owner, until)
            VALUES (@group, @first, @count, zeroblob((@count + 7) / 8), @owner, @until)
            RETURNING id
            """).Bind("@group", consumers.Id).Bind("@first", first).Bind("@count", count).Bind("@owner", owner)
            .Bind("@until", until).ExecuteScalar()!;
        return new Lease(id, first, (int)count);
    }

    private static List<(string Owner, long Until)> Owners(SqliteConnection connection, Consumers consumers, string me)
    {
        var owners = new List<(string, long)>();
        using var rows = connection.Prepared("SELECT owner, min(until) FROM pubsub_lease WHERE consumers = @group AND owner <> @me GROUP BY owner")
            .Bind("@group", consumers.Id).Bind("@me", me).ExecuteReader();
        while (rows.Read()) owners.Add((rows.GetString(0), rows.GetInt64(1)));
        return owners;
    }

    private static List<Lease> TakeOver(
        SqliteConnection connection, Consumers consumers, string owner, DateTimeOffset now, DateTimeOffset until)
    {
        var leases = new List<Lease>();
        using var rows = connection.Prepared("""
            UPDATE pubsub_lease SET owner = @owner, until = @until WHERE consumers = @group AND until < @now AND owner <> @owner
            RETURNING id, first, count, done
            """).Bind("@group", consumers.Id).Bind("@owner", owner).Bind("@now", now.ToUnixTimeMilliseconds())
            .Bind("@until", until.ToUnixTimeMilliseconds()).ExecuteReader();
        while (rows.Read())
            leases.Add(new Lease(rows.GetInt64(0), rows.GetInt64(1), rows.GetInt32(2), (byte[])rows.GetValue(3)));
        return leases;
    }

    // Most messages are whole arrays already; a slice must be copied, as SQLite takes arrays.
    private static byte[] Bytes(ReadOnlyMemory<byte> data) =>
        MemoryMarshal.TryGetArray(data, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
            ? segment.Array
            : data.ToArray();

    private static Dictionary<string, string> Metadata(SqliteDataReader rows) =>
        rows.IsDBNull(2) ? EmptyMetadata : JsonSerializer.Deserialize<Dictionary<string, string>>(rows.GetString(2))!;

    private static readonly Dictionary<string, string> EmptyMetadata = [];
}

/// <summary>A consumer group of one topic.</summary>
internal sealed record Consumers(long Id, long TopicId, string Topic, Signal Signal);

using System.Globalization;
using LocalDapr.Runtime.Storage;
using Microsoft.Data.Sqlite;

namespace LocalDapr.Runtime.Actors.Reminders;

/// <summary>Reminders in the database of the actor state store. A write that returns is on disk. Times are Unix milliseconds.</summary>
internal sealed class ReminderStore(SqliteDatabase database)
{
    private const string Columns =
        "type, id, name, version, data, due_text, period_text, next_due, remaining, ends, retry_ms, retries, ttl_text";

    private const string HasTtlText = "SELECT count(*) FROM pragma_table_info('actor_reminders') WHERE name = 'ttl_text'";

    public ValueTask OpenAsync() => database.WriteAsync(connection =>
    {
        connection.Execute(
            """
            CREATE TABLE IF NOT EXISTS actor_reminders (
              type TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, data BLOB, due_text TEXT NOT NULL,
              period_text TEXT NOT NULL, next_due INTEGER NOT NULL, remaining INTEGER, ends INTEGER, retry_ms INTEGER NOT NULL, retries INTEGER,
              ttl_text TEXT NOT NULL DEFAULT '', PRIMARY KEY (type, id, name)) WITHOUT ROWID
            """);
        // A file of a former version has the table without it.
        if (Convert.ToInt32(connection.Prepared(HasTtlText).ExecuteScalar(), CultureInfo.InvariantCulture) == 0)
            connection.Execute("ALTER TABLE actor_reminders ADD COLUMN ttl_text TEXT NOT NULL DEFAULT ''");
    });

    /// <summary>False when there is one of that name and it must not be replaced.</summary>
    public ValueTask<bool> SaveAsync(Reminder reminder, bool overwrite) => database.WriteAsync(connection =>
    {
        var verb = overwrite ? "INSERT OR REPLACE" : "INSERT OR IGNORE";
        var command = connection.Prepared(
            $"{verb} INTO actor_reminders ({Columns}) VALUES (@type, @id, @name, @version, @data, @due, @period, @next, @remaining, @ends, @retry, @retries, @ttl)");
        return Name(command, reminder.Actor, reminder.Name)
            .Bind("@version", reminder.Version)
            .Bind("@data", reminder.Data)
            .Bind("@due", reminder.DueText)
            .Bind("@period", reminder.PeriodText)
            .Bind("@next", reminder.NextDue.ToUnixTimeMilliseconds())
            .Bind("@remaining", reminder.Remaining)
            .Bind("@ends", reminder.Ends?.ToUnixTimeMilliseconds())
            .Bind("@retry", (long)reminder.Policy.Interval.TotalMilliseconds)
            .Bind("@retries", reminder.Policy.MaxRetries)
            .Bind("@ttl", reminder.TtlText)
            .ExecuteNonQuery() == 1;
    });

    /// <summary>Stores when it fires next. False when it was deleted or replaced meanwhile.</summary>
    public ValueTask<bool> AdvanceAsync(Reminder reminder) => database.WriteAsync(connection => Name(
        connection.Prepared("UPDATE actor_reminders SET next_due = @next, remaining = @remaining "
            + "WHERE type = @type AND id = @id AND name = @name AND version = @version"), reminder.Actor, reminder.Name)
        .Bind("@next", reminder.NextDue.ToUnixTimeMilliseconds())
        .Bind("@remaining", reminder.Remaining)
        .Bind("@version", reminder.Version)
        .ExecuteNonQuery() == 1);

    /// <summary>Ends the reminder if it is still that version.</summary>
    public ValueTask EndAsync(Reminder reminder) => database.WriteAsync(connection =>
    {
        Name(connection.Prepared("DELETE FROM actor_reminders WHERE type = @type AND id = @id AND name = @name AND version = @version"),
            reminder.Actor, reminder.Name).Bind("@version", reminder.Version).ExecuteNonQuery();
    });

    public ValueTask DeleteAsync(ActorKey actor, string name) => database.WriteAsync(connection =>
    {
        Name(connection.Prepared("DELETE FROM actor_reminders WHERE type = @type AND id = @id AND name = @name"), actor, name).ExecuteNonQuery();
    });

    public Reminder? Find(ActorKey actor, string name) => database.Read(connection => Read(Name(
        connection.Prepared($"SELECT {Columns} FROM actor_reminders WHERE type = @type AND id = @id AND name = @name"), actor, name)))
        .FirstOrDefault();

    /// <summary>All of a type, or of one actor of it.</summary>
    public List<Reminder> List(string type, string? id) => database.Read(connection => Read(connection
        .Prepared($"SELECT {Columns} FROM actor_reminders WHERE type = @type AND (@id IS NULL OR id = @id) ORDER BY id, name")
        .Bind("@type", type).Bind("@id", id)));

    private static SqliteCommand Name(SqliteCommand command, ActorKey actor, string name) =>
        command.Bind("@type", actor.Type).Bind("@id", actor.Id).Bind("@name", name);

    private static List<Reminder> Read(SqliteCommand command)
    {
        var reminders = new List<Reminder>();
        using var row = command.ExecuteReader();
        while (row.Read())
            reminders.Add(new Reminder(new ActorKey(row.GetString(0), row.GetString(1)), row.GetString(2), row.GetInt64(3))
            {
                Data = row.IsDBNull(4) ? null : row.GetFieldValue<byte[]>(4),
                DueText = row.GetString(5),
                PeriodText = row.GetString(6),
                NextDue = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(7)),
                Remaining = row.IsDBNull(8) ? null : row.GetInt32(8),
                Ends = row.IsDBNull(9) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(9)),
                Policy = new FailurePolicy(TimeSpan.FromMilliseconds(row.GetInt64(10)), row.IsDBNull(11) ? null : row.GetInt32(11)),
                TtlText = row.GetString(12),
            });
        return reminders;
    }
}

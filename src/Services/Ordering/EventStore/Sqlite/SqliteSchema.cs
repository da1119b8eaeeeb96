using Microsoft.Data.Sqlite;

namespace DaprOrders.Ordering.EventStore.Sqlite;

internal static class SqliteSchema
{
    private const long Version = 3;

    /// <summary>The version of a file whose orders are in PostgreSQL now: whoever opened it would work on orders that are somebody else's.</summary>
    private const long Moved = -Version;

    private const string Sql = """
        CREATE TABLE IF NOT EXISTS order_events(
          position INTEGER PRIMARY KEY AUTOINCREMENT, bucket INTEGER NOT NULL, order_id TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL,
          trace TEXT, UNIQUE(order_id, version));
        CREATE TABLE IF NOT EXISTS orders(
          position INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL UNIQUE, customer_id TEXT NOT NULL, status TEXT NOT NULL, state BLOB NOT NULL, open_amount INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS orders_by_customer ON orders(customer_id, position);
        CREATE INDEX IF NOT EXISTS orders_open ON orders(customer_id, open_amount) WHERE open_amount > 0;
        CREATE INDEX IF NOT EXISTS orders_by_status ON orders(status, position);
        CREATE TABLE IF NOT EXISTS commands(id INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL, act TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS answers(
          scoped_key TEXT PRIMARY KEY, body_hash TEXT NOT NULL, order_id TEXT NOT NULL, answer BLOB NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS answers_by_age ON answers(at);
        CREATE TABLE IF NOT EXISTS relay(position INTEGER NOT NULL);
        INSERT INTO relay SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM relay);
        PRAGMA user_version = 3;
        """;

    /// <summary>A table that came later, in the same format, and what it says of the orders that were there before it.</summary>
    private const string Refunds = """
        CREATE TABLE refunds(order_id TEXT PRIMARY KEY) WITHOUT ROWID;
        INSERT INTO refunds SELECT order_id FROM orders WHERE status IN ('confirmed', 'parked') AND instr(state, CAST('"refundReason":' AS BLOB)) > 0;
        """;

    /// <summary>Columns that came later, in the same format: the version before knows nothing of them, and can be gone back to.</summary>
    private static readonly (string Table, string Column, string Type)[] Added = [("order_events", "trace", "TEXT")];

    /// <summary>Makes the tables of a new file, adds what an older one lacks; refuses a file of another version rather than guess at it.</summary>
    public static void Ensure(SqliteConnection db)
    {
        var version = VersionOf(db);
        if (version == Moved)
            throw new InvalidOperationException(
                $"The event store {db.DataSource} was moved to PostgreSQL: start Ordering with ORDERING_STORE=postgres and ORDERING_POSTGRES (docs/growing.md).");
        var isNew = db.Query("SELECT count(*) FROM sqlite_master", row => row.GetInt64(0))[0] == 0;
        if (!isNew && version != Version)
            throw new InvalidOperationException(
                $"The event store {db.DataSource} has format {version}, this version of Ordering knows {Version}. Start the version that wrote it, or give another data folder.");
        db.Script(Sql);
        if (db.Query("SELECT 1 FROM sqlite_master WHERE name = 'refunds'", row => row.GetInt64(0)).Count == 0) db.Script($"BEGIN IMMEDIATE; {Refunds} COMMIT");
        foreach (var (table, column, type) in Added)
            if (db.Query("SELECT 1 FROM pragma_table_info(?) WHERE name = ?", row => row.GetInt64(0), table, column).Count == 0) db.Script($"ALTER TABLE {table} ADD COLUMN {column} {type}");
    }

    public static bool IsMoved(SqliteConnection db) => VersionOf(db) == Moved;

    public static void MarkMoved(SqliteConnection db) => db.Script($"PRAGMA user_version = {Moved}");

    private static long VersionOf(SqliteConnection db) => db.Query("PRAGMA user_version", row => row.GetInt64(0))[0];
}

namespace DaprOrders.Ordering.EventStore;

internal static class Schema
{
    public const string Sql = """
        CREATE TABLE IF NOT EXISTS order_events(
          position INTEGER PRIMARY KEY AUTOINCREMENT, bucket INTEGER NOT NULL, order_id TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL,
          UNIQUE(order_id, version));
        CREATE TABLE IF NOT EXISTS orders(
          position INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL UNIQUE, customer_id TEXT NOT NULL, status TEXT NOT NULL, state BLOB NOT NULL, started INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS orders_by_customer ON orders(customer_id, position);
        CREATE INDEX IF NOT EXISTS orders_not_started ON orders(position) WHERE started = 0;
        CREATE TABLE IF NOT EXISTS answers(
          scoped_key TEXT PRIMARY KEY, body_hash TEXT NOT NULL, order_id TEXT NOT NULL, answer BLOB NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS relay(position INTEGER NOT NULL);
        INSERT INTO relay SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM relay);
        """;
}

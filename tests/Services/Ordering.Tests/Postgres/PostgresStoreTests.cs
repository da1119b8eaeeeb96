using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.EventStore.Postgres;
using DaprOrders.Services.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaprOrders.Ordering.Tests.Postgres;

public sealed class PostgresStoreTests(PostgresServer server) : EventStoreContract
{
    private string database = "";

    protected override string Damage =>
        "UPDATE orders SET state = convert_to(replace(convert_from(state, 'UTF8'), '\"version\":2', '\"version\":7'), 'UTF8'), revision = revision + 1 WHERE order_id = 'o1'";

    protected override string Refuse => """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = 'disk_full'; END $f$;
        CREATE TRIGGER full_disk BEFORE INSERT ON order_events FOR EACH ROW EXECUTE FUNCTION refuse()
        """;

    protected override string Newer => "UPDATE format SET version = 99, readable_since = 98";

    protected override string BeforeRefunds => "DROP TABLE refunds; UPDATE format SET version = 2";

    private protected override OrderTables Open() => new PostgresTables(database, "tests", NullLogger<PostgresTables>.Instance);

    protected override async Task PrepareAsync() => database = await server.NewDatabaseAsync();

    protected override Task CleanUpAsync() => Task.CompletedTask;

    protected override Task ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(database, sql);
}

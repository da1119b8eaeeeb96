using System.Text;
using DaprOrders.Contracts;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.EventStore.Sqlite;
using DaprOrders.Ordering.Orders;
using Microsoft.Extensions.Configuration;

namespace DaprOrders.Ordering.Tests;

internal static class Some
{
    public static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    /// <summary>An order as intake makes it.</summary>
    public static OrderState Order(string id = "o1", string customer = "demo", bool needsApproval = false) => OrderFold.Accept(Accepted(id, customer), "tok_visa_ok", needsApproval);

    public static OrderEvent Accepted(string id = "o1", string customer = "demo") => new(
        id, customer, 1, Now, OrderStatus.Accepted, null, "none", new Money(1000, "EUR"), [new OrderLine("tea", "Tea", 2, new Money(500, "EUR"))], "ring twice");

    /// <summary>A store in a file.</summary>
    public static OrderEventStore Store(string folder) => new(new SqliteTables(Options(folder).SqlitePath), new OrderWatch());

    public static OrderingOptions Options(string folder) => OrderingOptions.From(new ConfigurationBuilder().AddInMemoryCollection([new("DAPRORDERS_DATA", folder)]).Build());

    public static async Task<StoredAnswer> PlaceAsync(this OrderEventStore store, string id, string key, string answer = "answer", bool needsApproval = false) =>
        (await store.PlaceAsync(new Asked($"demo\n/orders\n{key}", "hash"), Order(id, needsApproval: needsApproval), Accepted(id), Encoding.UTF8.GetBytes(answer)))!;
}

namespace DaprOrders.Contracts;

/// <summary>The order as api.md shows it; also what the read model keeps and what internal pages carry.</summary>
public sealed record OrderView(
    string OrderId, string CustomerId, string Status, string? Reason, IReadOnlyList<OrderLine> Items, Money Total, string? Note,
    DateTimeOffset PlacedAt, DateTimeOffset UpdatedAt, long Version, PaymentView Payment, IReadOnlyList<HistoryEntry> History);

public sealed record OrderLine(string Sku, string Name, int Quantity, Money UnitPrice);

public sealed record PaymentView(string Status, string? Reference);

public sealed record HistoryEntry(string Status, DateTimeOffset At);

/// <summary>
/// <c>data</c> of every event on topic "orders" (CloudEvent id = "{orderId}:{version}", type = "com.daprorders.order.{name}.v1"). Status and
/// payment status are those after the event; Total and Items are there in "accepted" and in the terminal events, Note in "accepted".
/// The order's view is the fold of these and of nothing else.
/// </summary>
public sealed record OrderEvent(
    string OrderId, string CustomerId, long Version, DateTimeOffset At, string Status, string? Reason, string PaymentStatus,
    Money? Total, IReadOnlyList<OrderLine>? Items, string? Note = null, string? PaymentReference = null);

/// <summary>Ordering, <c>GET /internal/orders?after=&amp;limit=</c> (limit at most 10,000): every order in order of acceptance, from the event store, for the Auditor.</summary>
public sealed record OrdersPage(IReadOnlyList<AuditedOrder> Items, long? Next);

/// <summary>Events: names in order of version, folded from the event store itself (not from the read model).</summary>
public sealed record AuditedOrder(
    long Position, string OrderId, string Status, Money Total, IReadOnlyList<StockLine> Items, IReadOnlyList<string> Events, DateTimeOffset PlacedAt);

/// <summary>
/// Ordering, <c>GET /internal/orders/changes?after=&amp;limit=</c>, for the Auditor: every order, once and as it is now, that got an event after this place
/// of the event store. Next is where to go on from, whether there is more now or not; an empty <c>after</c> begins with the first event.
/// </summary>
public sealed record OrderChanges(IReadOnlyList<AuditedOrder> Items, string Next, bool IsMore);

public sealed record StockLine(string Sku, int Quantity);

public static class Topics
{
    public const string PubSub = "orders-pubsub";
    public const string Orders = "orders";
    public const string NotificationsDead = "orders-notifications-dead";
    public const string AuditorDead = "orders-auditor-dead";

    /// <summary>Of every subscription. RabbitMQ: a queue on a majority of the brokers, where its component's own choice is one broker's. The others do not look.</summary>
    public static readonly Dictionary<string, string> Queue = new() { ["queueType"] = "quorum" };
}

/// <summary>
/// Auditor, <c>POST /internal/order-end</c>, for Notifications, which keeps its dead letters: the CloudEvent once more; Error tells why it is still not taken.
/// </summary>
public sealed record Taken(string? Error);

/// <summary>Component names, the same in every component set.</summary>
public static class Components
{
    public const string State = "statestore";          // actors and workflows, actorStateStore
    public const string Documents = "documents";       // plain state of services
    public const string Cache = "cache";               // what may be lost, for seconds
    public const string Secrets = "secrets";
    public const string Email = "email";               // output binding
}

/// <summary>Dapr app ids.</summary>
public static class Apps
{
    public const string Gateway = "gateway", Ordering = "ordering", Inventory = "inventory", Payments = "payments",
        Notifications = "notifications", Customers = "customers", Auditor = "auditor";
}

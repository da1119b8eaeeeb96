namespace DaprOrders.Contracts;

/// <summary>
/// Ordering, invoked by the Gateway: <c>POST /internal/orders/place</c>, many customers' orders in one call. Every item is placed and answered for
/// itself; the batch never fails because of one. Body is the request as the customer sent it, byte for byte, since its bytes decide about reuse of a key.
/// </summary>
public sealed record PlaceBatch(IReadOnlyList<PlaceCommand> Items);

/// <summary>Trace: the W3C traceparent that the order goes on in, from the customer's request.</summary>
public sealed record PlaceCommand(string CustomerId, string Key, byte[] Body, string? Trace = null);

/// <summary>In the order of the commands. Status is 202 or a problem's; Body the JSON that the customer gets; RetryAfter seconds where a problem has them.</summary>
public sealed record PlaceResults(IReadOnlyList<PlaceResult> Items);

public sealed record PlaceResult(int Status, byte[] Body, string? OrderId = null, bool IsReplay = false, int? RetryAfter = null);

/// <summary>
/// Minor units that a customer may have open at once; null for no limit. Customers, <c>GET /internal/limits/{customerId}</c>; and Ordering,
/// <c>POST /internal/limits/changed</c>, called by Customers before the change is answered, so that the next order is held to it.
/// </summary>
public sealed record CustomerLimit(string CustomerId, long? OrderLimit);

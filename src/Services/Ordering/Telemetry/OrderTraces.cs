using System.Diagnostics;

namespace DaprOrders.Ordering.Telemetry;

/// <summary>The spans of the order flow: sagas that go on in the customer's trace, and events on their way to the bus.</summary>
internal static class OrderTraces
{
    public static readonly ActivitySource Source = new("DaprOrders.Ordering");
}

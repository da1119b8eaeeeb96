using DaprOrders.Contracts;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.Tests;

internal static class Some
{
    public static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    /// <summary>An order as intake makes it, with its first event.</summary>
    public static OrderState Order(string id = "o1", string customer = "demo")
    {
        var view = new OrderView(
            id, customer, "", null, [new OrderLine("tea", "Tea", 2, new Money(500, "EUR"))], new Money(1000, "EUR"), null, Now, Now, 0, new PaymentView("none", null), []);
        return OrderFold.Apply(new OrderState(view, []), OrderEventNames.Accepted, Now);
    }
}

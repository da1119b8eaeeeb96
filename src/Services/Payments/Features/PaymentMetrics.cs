using System.Diagnostics.Metrics;
using DaprOrders.Contracts;

namespace DaprOrders.Payments.Features;

/// <summary>What became of commands: "unavailable" is a provider that does not answer, seen before the sagas pile up.</summary>
internal static class PaymentMetrics
{
    private static readonly Meter Meter = new("DaprOrders.Payments");
    private static readonly Counter<long> Commands = Meter.CreateCounter<long>("daprorders.payments.commands", "{command}", "Commands that were answered, by operation and outcome.");

    public static void Answered(string operation, PaymentResults results)
    {
        foreach (var item in results.Items) Commands.Add(1, new("operation", operation), new KeyValuePair<string, object?>("outcome", item.Status));
    }
}

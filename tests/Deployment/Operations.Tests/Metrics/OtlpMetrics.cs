using System.Buffers.Binary;
using System.Text;
using DaprOrders.ServiceDefaults.Metrics;

namespace DaprOrders.Operations.Tests.Metrics;

/// <summary>The names in an ExportMetricsServiceRequest, as Prometheus has them. Reads the few fields that a name depends on; protobuf's wire format allows to skip the rest.</summary>
internal static class OtlpMetrics
{
    private const int ResourceMetrics = 1, ScopeMetrics = 2, Metrics = 2, Name = 1, Unit = 3, Gauge = 5, Sum = 7, IsMonotonic = 3;

    public static IEnumerable<string> NamesIn(byte[] request) =>
        from resource in Messages(request, ResourceMetrics)
        from scope in Messages(resource, ScopeMetrics)
        from metric in Messages(scope, Metrics)
        select NameOf(metric);

    private static string NameOf(byte[] metric)
    {
        var (name, unit) = (Text(metric, Name), Text(metric, Unit));
        var sum = Messages(metric, Sum).FirstOrDefault();
        var isCounter = sum is not null && Fields(sum).Any(field => field.Number == IsMonotonic && field.Value != 0);
        return PrometheusNames.Metric(name, unit, isCounter, isGauge: Messages(metric, Gauge).Any() || (sum is not null && !isCounter));
    }

    private static string Text(byte[] message, int number) => Messages(message, number).Select(Encoding.UTF8.GetString).FirstOrDefault() ?? "";

    private static IEnumerable<byte[]> Messages(byte[] message, int number) => Fields(message).Where(field => field.Number == number && field.Bytes is not null).Select(field => field.Bytes!);

    private static IEnumerable<(int Number, ulong Value, byte[]? Bytes)> Fields(byte[] message)
    {
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(message, ref at);
            var number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    yield return (number, Varint(message, ref at), null);
                    break;
                case 1:
                    yield return (number, BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)), null);
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    yield return (number, 0, message[at..(at + length)]);
                    at += length;
                    break;
                case 5:
                    yield return (number, BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at)), null);
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"Wire type {key & 7} at {at}.");
            }
        }
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var b = message[at++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) return value;
        }
    }
}

using System.Diagnostics;
using LocalDapr.Runtime.Telemetry.Traces;

namespace LocalDapr.Runtime.PubSub.Delivery;

/// <summary>The span of a delivery, which goes on with the trace in the event, and the headers that hand it to the app.</summary>
internal static class DeliverySpans
{
    /// <summary>Null when no spans are made, or when the event says nothing of traces: a raw one that was wrapped here.</summary>
    public static Span? Begin(this Spans? spans, Delivery delivery)
    {
        if (spans is null) return null;
        var names = delivery.Event.Root.TryGetProperty("traceparent", out _) ? "traceparent" : "traceid";
        if (!delivery.Event.Root.TryGetProperty(names, out _)) return null;
        var span = spans.Start(
            $"pubsub/{delivery.Topic}", ActivityKind.Client, delivery.Event.Attribute(names), delivery.Event.Attribute("tracestate"));
        span.Set("messaging.system", "pubsub");
        span.Set("messaging.destination.name", delivery.Topic);
        return span;
    }

    /// <summary>One for each event of a batch that has a trace.</summary>
    public static IReadOnlyList<Span> Begin(this Spans? spans, IReadOnlyList<Delivery> deliveries) =>
        spans is null ? [] : [.. deliveries.Select(spans.Begin).OfType<Span>()];

    /// <summary>traceparent and tracestate of the span, or without one those of the event.</summary>
    public static IEnumerable<KeyValuePair<string, string>> TraceHeaders(this Delivery delivery, Span? span)
    {
        var parent = span?.TraceParent ?? delivery.Event.Attribute("traceparent");
        if (parent.Length > 0) yield return new("traceparent", parent);
        var state = delivery.Event.Attribute("tracestate");
        if (state.Length > 0) yield return new("tracestate", state);
    }
}

using System.Text.Json.Nodes;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.PubSub.Routing;

namespace LocalDapr.Runtime.PubSub.Subscriptions;

/// <summary>
/// Reads subscriptions from the answer of an app and from resources: all forms differ in little more than names. An entry without pubsub,
/// topic or path is none, and so is one whose rule cannot be compiled; <paramref name="refused"/> tells why.
/// </summary>
internal sealed class SubscriptionReader(Action<string> refused)
{
    /// <summary>The JSON of <c>/dapr/subscribe</c>; property names must have been read in any letter case.</summary>
    public IReadOnlyList<Subscription> FromApp(JsonArray entries) =>
        [.. entries.OfType<JsonObject>().Select(e => FromJson(e, SubscriptionKind.Programmatic, routesFirst: true)).OfType<Subscription>()];

    public IReadOnlyList<Subscription> FromApp(ListTopicSubscriptionsResponse answer) =>
        [.. answer.Subscriptions.Select(FromMessage).OfType<Subscription>()];

    /// <summary>Resources of kind Subscription, v1alpha1 and v2alpha1.</summary>
    public IReadOnlyList<Subscription> FromResources(IEnumerable<Resource> resources) =>
        [.. resources.Where(r => r.Kind == "Subscription")
            .Select(r => FromJson(r.Spec, SubscriptionKind.Declarative, routesFirst: r.ApiVersion != "dapr.io/v1alpha1") is { } read
                ? read with { Source = r.Body.ToJsonString() }
                : null)
            .OfType<Subscription>()];

    private Subscription? FromJson(JsonObject entry, SubscriptionKind kind, bool routesFirst)
    {
        var (pubsub, topic) = (entry["pubsubname"].Text() ?? "", entry["topic"].Text() ?? "");
        var routes = routesFirst ? entry["routes"].Object() : null;
        var rules = (routes?["rules"]).Objects().Select(r => (r["match"].Text() ?? "", r["path"].Text() ?? "")).ToList();
        var otherwise = routes?["default"].Text() is { Length: > 0 } path ? path : entry["route"].Text() ?? "";
        if (otherwise.Length > 0) rules.Add(("", otherwise));
        if (rules.Count == 0)
        {
            refused($"{pubsub}/{topic} has no route");
            return null;
        }
        var bulk = entry["bulkSubscribe"].Object();
        return Make(pubsub, topic, rules, kind) is not { } subscription ? null : subscription with
        {
            Metadata = (entry["metadata"].Object() ?? []).ToDictionary(p => p.Key, p => p.Value.Text() ?? ""),
            DeadLetterTopic = entry["deadLetterTopic"].Text() ?? "",
            Bulk = BulkOptions.Of(Number(bulk, "enabled") > 0, Number(bulk, "maxMessagesCount"), Number(bulk, "maxAwaitDurationMs")),
        };
    }

    private Subscription? FromMessage(TopicSubscription entry)
    {
        var rules = (entry.Routes?.Rules ?? []).Select(r => (r.Match, r.Path)).ToList();
        // Without any route a gRPC app gets its events with an empty path.
        if (rules.Count == 0 || entry.Routes!.Default.Length > 0) rules.Add(("", entry.Routes?.Default ?? ""));
        return Make(entry.PubsubName, entry.Topic, rules, SubscriptionKind.Programmatic) is not { } subscription ? null : subscription with
        {
            Metadata = new Dictionary<string, string>(entry.Metadata),
            DeadLetterTopic = entry.DeadLetterTopic,
            Bulk = entry.BulkSubscribe is { } bulk ? BulkOptions.Of(bulk.Enabled, bulk.MaxMessagesCount, bulk.MaxAwaitDurationMs) : null,
        };
    }

    private Subscription? Make(string pubsub, string topic, List<(string Match, string Path)> rules, SubscriptionKind kind)
    {
        if (pubsub.Length == 0 || topic.Length == 0)
        {
            refused($"pubsub '{pubsub}', topic '{topic}': both are needed");
            return null;
        }
        try
        {
            return new Subscription(pubsub, topic, new Routes([.. rules.Select(r => new Rule(r.Match, r.Path))]), kind);
        }
        catch (CelException error)
        {
            refused($"{pubsub}/{topic} has a rule that cannot be read: {error.Message}");
            return null;
        }
    }

    private static int Number(JsonObject? from, string name) => from?[name].Text() switch
    {
        "true" => 1,
        { } text when int.TryParse(text, out var number) => number,
        _ => 0,
    };
}

using Dapr.AspNetCore;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Logging;

namespace Dapr;

/// <summary>Makes one subscription of all the endpoints that take messages of a topic.</summary>
internal static partial class SubscriptionList
{
    private const string RawPayload = "rawPayload";

    public static IEnumerable<Subscription> Of(IEnumerable<Endpoint> endpoints, SubscribeOptions? options, ILogger log) => endpoints
        .OfType<RouteEndpoint>()
        .SelectMany(endpoint => endpoint.Metadata.GetOrderedMetadata<ITopicMetadata>().Where(topic => topic.Name is not null), Taken)
        .DistinctBy(taken => (taken.Topic.PubsubName, taken.Topic.Name, taken.Topic.Match, taken.Topic.Priority, taken.Path))
        .GroupBy(taken => (taken.Topic.PubsubName, taken.Topic.Name))
        .OrderBy(group => group.Key.PubsubName, StringComparer.Ordinal).ThenBy(group => group.Key.Name, StringComparer.Ordinal)
        .Select(group => Merge([.. group.OrderBy(taken => taken.Topic.Priority)], options?.EnableRawPayload is true, log));

    private static Taking Taken(RouteEndpoint endpoint, ITopicMetadata topic)
    {
        var owned = (topic as IOwnedOriginalTopicMetadata)?.OwnedMetadatas ?? [];
        return new(
            topic,
            PathOf(endpoint.RoutePattern),
            [.. endpoint.Metadata.GetOrderedMetadata<IOriginalTopicMetadata>().Where(item => string.IsNullOrEmpty(item.Id) || owned.Contains(item.Id))],
            endpoint.Metadata.GetOrderedMetadata<IBulkSubscribeMetadata>().FirstOrDefault(bulk => bulk.TopicName == topic.Name));
    }

    private static Subscription Merge(Taking[] takings, bool rawByDefault, ILogger log)
    {
        var first = takings[0];
        var rules = takings.Where(taking => !string.IsNullOrEmpty(taking.Topic.Match)).ToArray();
        var others = takings.Where(taking => string.IsNullOrEmpty(taking.Topic.Match)).ToArray();
        if (others.Length > 1) SecondDefault(log, first.Topic.Name, first.Topic.PubsubName, others[0].Path);
        foreach (var same in rules.GroupBy(rule => rule.Topic.Priority).Where(same => same.Count() > 1))
            SamePriority(log, same.Count(), first.Topic.Name, first.Topic.PubsubName, same.Key);

        var rest = others.FirstOrDefault()?.Path;
        return new(first.Topic.Name, first.Topic.PubsubName)
        {
            Route = rules.Length == 0 ? rest : null,
            Routes = rules.Length == 0 ? null : new(rest, [.. rules.Select(rule => new SubscriptionRule(rule.Topic.Match!, rule.Path))]),
            Metadata = MetadataOf(takings, rawByDefault),
            DeadLetterTopic = (first.Topic as IDeadLetterTopicMetadata)?.DeadLetterTopic,
            BulkSubscribe = first.Bulk is { } bulk ? new(bulk.MaxMessagesCount, bulk.MaxAwaitDurationMs) : null,
        };
    }

    private static Dictionary<string, string>? MetadataOf(Taking[] takings, bool rawByDefault)
    {
        var separator = takings.Select(taking => (taking.Topic as IOwnedOriginalTopicMetadata)?.MetadataSeparator)
            .FirstOrDefault(wanted => !string.IsNullOrEmpty(wanted)) ?? ",";
        var metadata = takings.SelectMany(taking => taking.Items).GroupBy(item => item.Name)
            .ToDictionary(same => same.Key, same => string.Join(separator, same.Select(item => item.Value).Distinct()));
        if (rawByDefault || takings.Any(taking => (taking.Topic as IRawTopicMetadata)?.EnableRawPayload is true)) metadata[RawPayload] = "true";
        return metadata.Count == 0 ? null : metadata;
    }

    // The sidecar knows one address of a subscription: there is nothing it could put into a parameter.
    private static string PathOf(RoutePattern pattern) => string.Join('/', pattern.PathSegments.Select(segment =>
        string.Concat(segment.Parts.Select(part => part is RoutePatternLiteralPart literal
            ? literal.Content
            : throw new InvalidOperationException($"The route '{pattern.RawText}' takes messages of a topic, so it may have no parameters.")))));

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "Topic {Topic} of {PubSub} has more than one route without a match; {Route} is taken")]
    private static partial void SecondDefault(ILogger log, string topic, string pubSub, string route);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "{Count} rules of topic {Topic} of {PubSub} have the priority {Priority}; their order is open")]
    private static partial void SamePriority(ILogger log, int count, string topic, string pubSub, int priority);

    private sealed record Taking(ITopicMetadata Topic, string Path, IReadOnlyList<IOriginalTopicMetadata> Items, IBulkSubscribeMetadata? Bulk);
}

using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.PubSub.CloudEvents;
using LocalDapr.Runtime.PubSub.Log;
using LocalDapr.Runtime.Telemetry.Traces;
using ActivityKind = System.Diagnostics.ActivityKind;

namespace LocalDapr.Runtime.PubSub;

/// <summary>The pub/sub components of one sidecar: what may be published, in which envelope, to which log.</summary>
internal sealed class PubSubComponents(Sidecar sidecar)
{
    private readonly OpenComponents<PubSubComponent> _components = new(sidecar, "pubsub");

    /// <summary>Opens the logs. Throws <see cref="StartupException"/> for a component that cannot be opened.</summary>
    public ValueTask OpenAsync() => _components.UpdateAsync(component =>
    {
        var database = component.Type == "pubsub.in-memory"
            ? sidecar.Host.Databases.InMemory($"pubsub/{component.Name}")
            : sidecar.Host.Databases.Get(component.Require("connectionString"));
        var scopes = new TopicScopes(component, sidecar.Options.AppId);
        return ValueTask.FromResult<PubSubComponent?>(new PubSubComponent(component, MessageLog.Of(database), scopes));
    });

    public PubSubComponent? Find(string name) => _components.Find(name);

    /// <summary>Publishes one event; completes when it is durable.</summary>
    public async ValueTask PublishAsync(PublishedEvent published, CancellationToken cancellation)
    {
        var component = Target(published.PubSub, published.Topic);
        var message = MessageOf(published, IsRaw(published.Metadata, published.PubSub))
            ?? throw DaprErrors.PubSubCloudEvent(published.PubSub, sidecar.Options.AppId);
        await AppendAsync(component, published.Topic, [message], cancellation);
    }

    /// <summary>Publishes all entries in one commit, or none.</summary>
    public async ValueTask PublishBulkAsync(
        string pubsub, string topic, bool raw, IReadOnlyList<PublishedEvent> entries, CancellationToken cancellation)
    {
        var component = Target(pubsub, topic);
        var messages = new List<NewMessage>(entries.Count);
        var spans = new List<Span>();
        try
        {
            foreach (var entry in entries)
                messages.Add(MessageOf(raw ? entry : Produced(entry, spans), raw) ?? throw DaprErrors.PubSubCloudEvent(pubsub, sidecar.Options.AppId));
            await AppendAsync(component, topic, messages, cancellation);
        }
        finally
        {
            foreach (var span in spans) span.Dispose();
        }
    }

    /// <summary>Publishes events that are whole already.</summary>
    public ValueTask AppendReadyAsync(string pubsub, string topic, IReadOnlyList<byte[]> events, CancellationToken cancellation) =>
        AppendAsync(Target(pubsub, topic), topic, [.. events.Select(e => new NewMessage(e))], cancellation);

    /// <summary>Throws what a caller is told when it may not publish there.</summary>
    public PubSubComponent Target(string pubsub, string topic)
    {
        if (pubsub.Length == 0) throw DaprErrors.PubSubNameEmpty();
        var component = Find(pubsub) ?? throw DaprErrors.PubSubNotFound(pubsub);
        if (topic.Length == 0) throw DaprErrors.PubSubTopicEmpty(pubsub);
        if (!component.Scopes.MayPublish(topic)) throw DaprErrors.PubSubForbidden(pubsub, topic, sidecar.Options.AppId);
        return component;
    }

    public static bool IsRaw(IReadOnlyDictionary<string, string> metadata, string pubsub)
    {
        if (!metadata.TryGetValue("rawPayload", out var text)) return false;
        return text.ToUpperInvariant() switch
        {
            "TRUE" or "T" or "1" => true,
            "FALSE" or "F" or "0" => false,
            _ => throw DaprErrors.PubSubMetadata(pubsub, $"rawPayload value must be a valid boolean: actual is '{text}'"),
        };
    }

    // Each event of a bulk goes its own way from here, so each has a span of its own.
    private PublishedEvent Produced(PublishedEvent entry, List<Span> spans)
    {
        if (sidecar.Spans?.Start("PublishEvent", ActivityKind.Producer, entry.Trace.Parent, entry.Trace.State) is not { } span) return entry;
        span.Set("messaging.system", "pubsub");
        span.Set("messaging.destination.name", entry.Topic);
        spans.Add(span);
        return entry with { Trace = new Trace(span.TraceParent, span.TraceState) };
    }

    private NewMessage? MessageOf(PublishedEvent published, bool raw)
    {
        var now = sidecar.Host.Time.GetUtcNow();
        var data = raw ? published.Data : Envelope.Make(published, sidecar.Options.AppId, now);
        if (data.IsEmpty && !raw) return null;
        DateTimeOffset? expires = published.Metadata.TryGetValue("ttlInSeconds", out var ttl) && long.TryParse(ttl, out var seconds)
            ? now.AddSeconds(seconds)
            : null;
        return new NewMessage(data, published.Metadata, expires);
    }

    private async ValueTask AppendAsync(
        PubSubComponent component, string topic, IReadOnlyList<NewMessage> messages, CancellationToken cancellation)
    {
        try
        {
            await component.Log.AppendAsync(topic, messages, sidecar.Host.Time.GetUtcNow(), cancellation);
        }
        catch (Microsoft.Data.Sqlite.SqliteException error)
        {
            throw DaprErrors.PubSubPublish(component.Name, topic, error.Message);
        }
    }
}

/// <summary>One pub/sub component as an app sees it.</summary>
internal sealed record PubSubComponent(Component Component, MessageLog Log, TopicScopes Scopes)
{
    public string Name => Component.Name;
}

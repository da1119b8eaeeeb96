using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr.Protocol;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Hosting;
using Microsoft.Extensions.Logging;
using MiniGrpc;

namespace LocalDapr.Runtime.PubSub.Subscriptions;

/// <summary>Asks the app what it subscribes to, and adds what the resources say; the app wins for the same pubsub and topic.</summary>
internal sealed partial class AppSubscriptions(Sidecar sidecar, ILogger logger)
{
    private IReadOnlyList<Subscription>? _programmatic;

    /// <summary>The app is asked once; resources are read as they are now.</summary>
    public async Task<IReadOnlyList<Subscription>> ReadAsync(CancellationToken cancellation)
    {
        var reader = new SubscriptionReader(why => LogRefused(logger, why));
        _programmatic ??= sidecar.Options.DisabledInitEndpoints.Contains("subscribe") ? [] : await AskAsync(reader, cancellation);
        var declarative = reader.FromResources(sidecar.Resources);
        return [.. _programmatic.Concat(declarative).DistinctBy(s => (s.PubSub, s.Topic))];
    }

    private async Task<IReadOnlyList<Subscription>> AskAsync(SubscriptionReader reader, CancellationToken cancellation)
    {
        try
        {
            return sidecar.App.IsGrpc ? await AskGrpcAsync(reader, cancellation) : await AskHttpAsync(reader, cancellation);
        }
        catch (Exception error) when (error is HttpRequestException or JsonException or RpcException)
        {
            LogNotAsked(logger, error.Message);
            return [];
        }
    }

    private async Task<IReadOnlyList<Subscription>> AskHttpAsync(SubscriptionReader reader, CancellationToken cancellation)
    {
        var answer = await sidecar.App.SendAsync(HttpMethod.Get, "/dapr/subscribe", "", null, default, null, cancellation);
        if (answer.Status == 404) return [];
        if (answer.Status != 200)
        {
            LogNotAsked(logger, $"status {answer.Status}");
            return [];
        }
        var json = JsonNode.Parse(answer.Body.Span, new JsonNodeOptions { PropertyNameCaseInsensitive = true });
        return json is JsonArray entries ? reader.FromApp(entries) : [];
    }

    private async Task<IReadOnlyList<Subscription>> AskGrpcAsync(SubscriptionReader reader, CancellationToken cancellation)
    {
        try
        {
            var options = new CallOptions { Headers = sidecar.App.NewMetadata(), Cancellation = cancellation };
            return reader.FromApp(await sidecar.App.Grpc!.UnaryAsync(AppCallbackMethods.ListTopicSubscriptions, new Empty(), options));
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Unimplemented)
        {
            return [];
        }
    }

    [LoggerMessage(EventId = 4021, Level = LogLevel.Warning, Message = "A subscription is left out: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);

    [LoggerMessage(EventId = 4022, Level = LogLevel.Warning, Message = "The app did not tell its subscriptions: {Reason}")]
    private static partial void LogNotAsked(ILogger logger, string reason);
}

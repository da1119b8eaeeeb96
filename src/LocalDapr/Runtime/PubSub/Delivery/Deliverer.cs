using LocalDapr.Runtime.PubSub.CloudEvents;
using LocalDapr.Runtime.PubSub.Log;
using LocalDapr.Runtime.PubSub.Routing;
using LocalDapr.Runtime.PubSub.Subscriptions;
using LocalDapr.Runtime.Resiliency;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.PubSub.Delivery;

/// <summary>
/// Decides what becomes of the messages of one subscription: parse, expiry, route, attempts under the inbound policy, dead letter topic.
/// A message leaves as complete, to come again, or as returned because the subscription ends. Safe for any number of batches.
/// </summary>
internal sealed partial class Deliverer(
    Subscription subscription,
    ISubscriber subscriber,
    Func<ResiliencyPolicy> policy,
    Func<string, ReadOnlyMemory<byte>, CancellationToken, ValueTask> publishRaw,
    TimeProvider time,
    ILogger logger)
{
    public async Task<IReadOnlyList<Verdict>> HandleAsync(IReadOnlyList<LogMessage> batch, CancellationToken cancellation)
    {
        if (subscription.Bulk is null) return [await HandleOneAsync(batch[0], cancellation)];
        var verdicts = new Verdict[batch.Count];
        var paths = new Dictionary<string, List<(int Index, Delivery Delivery)>>(StringComparer.Ordinal);
        for (var i = 0; i < batch.Count; i++)
        {
            var delivery = Prepare(batch[i]);
            if (delivery is null) verdicts[i] = await BuryAsync(batch[i], cancellation);
            else (paths.TryGetValue(delivery.Path, out var of) ? of : paths[delivery.Path] = []).Add((i, delivery));
        }
        foreach (var entries in paths.Values)
        {
            foreach (var (index, verdict) in await HandleBulkAsync(batch, entries, cancellation)) verdicts[index] = verdict;
            foreach (var (_, delivery) in entries) delivery.Event.Dispose();
        }
        return verdicts;
    }

    private async Task<Verdict> HandleOneAsync(LogMessage message, CancellationToken cancellation)
    {
        var delivery = Prepare(message);
        if (delivery is null) return await BuryAsync(message, cancellation);
        using var parsed = delivery.Event;
        try
        {
            var outcome = await policy().ExecuteAsync(
                ct => subscriber.DeliverAsync(delivery, ct), FailureOf, static _ => true, cancellation);
            if (outcome == Outcome.Success) return Verdict.Complete;
            return outcome == Outcome.Drop ? await BuryAsync(message, cancellation) : await GiveUpAsync(message, cancellation);
        }
        catch (Exception error)
            when (error is OperationCanceledException or TimeoutException or CircuitOpenException or SubscriberGoneException)
        {
            var ends = cancellation.IsCancellationRequested || error is SubscriberGoneException;
            return ends ? Verdict.Return : await GiveUpAsync(message, cancellation);
        }
    }

    // Only the entries that are to be tried again go into the next attempt.
    private async Task<List<(int Index, Verdict Verdict)>> HandleBulkAsync(
        IReadOnlyList<LogMessage> batch, List<(int Index, Delivery Delivery)> entries, CancellationToken cancellation)
    {
        var verdicts = new List<(int, Verdict)>(entries.Count);
        var open = entries;
        try
        {
            await policy().ExecuteAsync(
                async ct =>
                {
                    var outcomes = await subscriber.DeliverBulkAsync([.. open.Select(e => e.Delivery)], ct);
                    var left = new List<(int Index, Delivery Delivery)>();
                    for (var i = 0; i < open.Count; i++)
                        if (outcomes[i] == Outcome.Retry) left.Add(open[i]);
                        else if (outcomes[i] == Outcome.Success) verdicts.Add((open[i].Index, Verdict.Complete));
                        else verdicts.Add((open[i].Index, await BuryAsync(batch[open[i].Index], cancellation)));
                    open = left;
                    return left.Count == 0 ? Outcome.Success : Outcome.Retry;
                },
                FailureOf, static _ => true, cancellation);
        }
        catch (Exception error) when (error is OperationCanceledException or TimeoutException or CircuitOpenException)
        {
            // What is still open is given up below, or returned when the subscription ends.
        }
        foreach (var (index, _) in open)
            verdicts.Add((index, cancellation.IsCancellationRequested ? Verdict.Return : await GiveUpAsync(batch[index], cancellation)));
        return verdicts;
    }

    /// <summary>Null for what is not to be delivered: no CloudEvent, expired, without a route, or a rule that fails.</summary>
    private Delivery? Prepare(LogMessage message)
    {
        ReadOnlyMemory<byte> json = subscription.IsRaw ? Envelope.WrapRaw(message.Data, subscription.PubSub, message.Topic) : message.Data;
        if (ReceivedEvent.TryParse(json) is not { } received)
        {
            LogNoEvent(logger, subscription.PubSub, message.Topic);
            return null;
        }
        if (!received.HasExpired(time.GetUtcNow()) && PathFor(received) is { } path)
            return new Delivery(received, path, subscription.PubSub, message.Topic)
            {
                Metadata = message.Metadata,
                Raw = subscription.IsRaw ? new ReadOnlyMemory<byte>(message.Data) : default(ReadOnlyMemory<byte>?),
            };
        received.Dispose();
        return null;
    }

    private string? PathFor(ReceivedEvent received)
    {
        if (subscription.Routes.IsFixed) return subscription.Routes.Rules[0].Path;
        try
        {
            return subscription.Routes.PathFor(received.Root);
        }
        catch (CelException error)
        {
            LogRuleFailed(logger, subscription.PubSub, subscription.Topic, error.Message);
            return null;
        }
    }

    private async ValueTask<Verdict> GiveUpAsync(LogMessage message, CancellationToken cancellation)
    {
        if (subscription.DeadLetterTopic.Length > 0) return await BuryAsync(message, cancellation);
        LogComesAgain(logger, subscription.PubSub, message.Topic);
        return Verdict.Again;
    }

    /// <summary>Ends a message: on the dead letter topic, byte by byte as it came, or nowhere when there is none.</summary>
    private async ValueTask<Verdict> BuryAsync(LogMessage message, CancellationToken cancellation)
    {
        if (subscription.DeadLetterTopic.Length == 0) return Verdict.Complete;
        await publishRaw(subscription.DeadLetterTopic, message.Data, cancellation);
        return Verdict.Complete;
    }

    private static Failure? FailureOf(Outcome outcome) => outcome == Outcome.Retry ? new Failure() : null;

    [LoggerMessage(EventId = 4011, Level = LogLevel.Warning,
        Message = "A message of {PubSub}/{Topic} is no CloudEvent and is not delivered")]
    private static partial void LogNoEvent(ILogger logger, string pubSub, string topic);

    [LoggerMessage(EventId = 4012, Level = LogLevel.Warning, Message = "A rule of {PubSub}/{Topic} failed: {Reason}")]
    private static partial void LogRuleFailed(ILogger logger, string pubSub, string topic, string reason);

    [LoggerMessage(EventId = 4013, Level = LogLevel.Information, Message = "A message of {PubSub}/{Topic} was refused and will come again")]
    private static partial void LogComesAgain(ILogger logger, string pubSub, string topic);
}

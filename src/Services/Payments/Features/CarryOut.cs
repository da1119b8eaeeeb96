using System.Collections.Concurrent;
using System.Threading.Channels;
using Dapr;
using DaprOrders.Contracts;
using DaprOrders.Payments.Ledger;
using DaprOrders.Payments.Provider;

namespace DaprOrders.Payments.Features;

/// <summary>
/// Carries one command out exactly once in effect: answered from the ledger when its key is there, else provider first (idempotent by the same
/// key), then the ledger, then the answer. A crash in between is healed by the same command again. One command an order at a time.
/// </summary>
internal sealed partial class CarryOut(PaymentStore store, ProviderClient provider, ILogger<CarryOut> log)
{
    private const int MostTries = 5;
    private readonly ConcurrentDictionary<string, Lazy<Task<PaymentOutcome>>> underWay = new();
    private readonly SemaphoreSlim[] stripes = [.. Enumerable.Range(0, 1024).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>What has no outcome by then goes on, and is found finished when it is asked for again.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The outcomes in the order in which they come, those that are there together as one group: nobody waits for a slow neighbour.</summary>
    public async IAsyncEnumerable<PaymentResults> AllAsync(string operation, PaymentBatch batch)
    {
        var ended = Channel.CreateBounded<int>(batch.Items.Count);
        var tasks = batch.Items.Select(command => JoinAsync(operation, command)).ToArray();
        var open = Enumerable.Range(0, tasks.Length).ToHashSet();
        foreach (var i in open.ToArray()) _ = tasks[i].ContinueWith(_ => ended.Writer.TryWrite(i), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        using var patience = new CancellationTokenSource(Patience);
        while (open.Count > 0)
        {
            if (!await HasMoreAsync(ended.Reader, patience.Token)) break;
            var group = new List<PaymentOutcome>();
            while (ended.Reader.TryRead(out var i) && open.Remove(i)) group.Add(tasks[i].IsCompletedSuccessfully ? tasks[i].Result : Unavailable(batch.Items[i]));
            yield return Answered(operation, group);
        }

        if (open.Count > 0) yield return Answered(operation, [.. open.Select(i => Unavailable(batch.Items[i]))]);
    }

    private static async ValueTask<bool> HasMoreAsync(ChannelReader<int> ended, CancellationToken patience)
    {
        try
        {
            return await ended.WaitToReadAsync(patience);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static PaymentResults Answered(string operation, IReadOnlyList<PaymentOutcome> outcomes)
    {
        var results = new PaymentResults(outcomes);
        PaymentMetrics.Answered(operation, results);
        return results;
    }

    /// <summary>The run of this key that is under way, or a new one; a run is lazy, so that it cannot end before it is listed, and takes itself off.</summary>
    private Task<PaymentOutcome> JoinAsync(string operation, PaymentCommand command) => underWay.GetOrAdd(
        command.Key, static (key, wanted) => new Lazy<Task<PaymentOutcome>>(() => Task.Run(() => wanted.Self.OneAsync(wanted.Operation, wanted.Command))),
        (Self: this, Operation: operation, Command: command)).Value;

    private async Task<PaymentOutcome> OneAsync(string operation, PaymentCommand command)
    {
        var stripe = stripes[(uint)command.OrderId.GetHashCode(StringComparison.Ordinal) % stripes.Length];
        await stripe.WaitAsync();
        try
        {
            for (var triesLeft = MostTries; ; triesLeft--)
            {
                try
                {
                    return await OnceAsync(operation, command);
                }
                catch (LostWriteException) when (triesLeft > 1)
                {
                    // Another replica was quicker; what it wrote may be the answer.
                }
            }
        }
        catch (Exception e) when (e is LostWriteException or ProviderUnavailableException or DaprException or HttpRequestException or OperationCanceledException)
        {
            CommandPostponed(log, operation, command.OrderId, e.Message);
            return Unavailable(command);
        }
        finally
        {
            stripe.Release();
            underWay.TryRemove(command.Key, out _);
        }
    }

    private async Task<PaymentOutcome> OnceAsync(string operation, PaymentCommand command)
    {
        var (payment, etag) = await store.LoadAsync(command.OrderId);
        if (payment.Answered(command.Key) is { } before) return before;
        return operation switch
        {
            "authorise" => await AuthoriseAsync(payment, etag, command),
            "capture" => await CaptureAsync(payment, etag, command),
            "void" => await VoidAsync(payment, etag, command),
            _ => await RefundAsync(payment, etag, command),
        };
    }

    private async Task<PaymentOutcome> AuthoriseAsync(Payment payment, string etag, PaymentCommand command)
    {
        if (payment.Status != "none") return new PaymentOutcome(command.OrderId, "declined", payment.AuthorisationId); // its undo came first
        if (payment.Pending is null)
        {
            payment = payment.Intend(command) with { Currency = command.Amount.Currency };
            await store.SaveAsync(payment, etag);
            etag = (await store.LoadAsync(command.OrderId)).ETag;
        }

        return (await FinishAuthorisationAsync(payment, etag, payment.Pending!)).Answered(command.Key)!;
    }

    private async Task<Payment> FinishAuthorisationAsync(Payment payment, string etag, PaymentCommand pending)
    {
        var reply = await provider.AuthoriseAsync(pending, CancellationToken.None);
        var done = payment.Authorise(pending.Key, reply.AuthorisationId, reply.Status == "declined", pending.Amount.Amount);
        await store.SaveAsync(done, etag);
        return done;
    }

    private async Task<PaymentOutcome> CaptureAsync(Payment payment, string etag, PaymentCommand command)
    {
        if (payment.AuthorisationId is null || payment.Status != "authorised") return new PaymentOutcome(command.OrderId, "declined", payment.AuthorisationId);
        var reply = await provider.FollowUpAsync("capture", payment.AuthorisationId, command.Key, command.OrderId, command.Amount, CancellationToken.None);
        return await SaveAsync(payment.Capture(command.Key, reply.Status == "declined", command.Amount.Amount), etag, command);
    }

    private async Task<PaymentOutcome> VoidAsync(Payment payment, string etag, PaymentCommand command)
    {
        if (payment.Pending is { } pending)
        {
            // An authorisation may have taken effect without our knowing: the same command again tells.
            payment = await FinishAuthorisationAsync(payment, etag, pending);
            etag = (await store.LoadAsync(command.OrderId)).ETag;
        }

        if (payment.AuthorisationId is null || payment.Authorised == 0)
            return await SaveAsync(payment.Nothing(command.Key) with { Currency = command.Amount.Currency }, etag, command);
        var reply = await provider.FollowUpAsync("void", payment.AuthorisationId, command.Key, command.OrderId, command.Amount, CancellationToken.None);
        if (reply.Status == "declined") throw new ProviderUnavailableException($"The provider declined to void {command.OrderId}.");
        return await SaveAsync(payment.Void(command.Key), etag, command);
    }

    private async Task<PaymentOutcome> RefundAsync(Payment payment, string etag, PaymentCommand command)
    {
        if (payment.AuthorisationId is null || payment.Captured == 0) return await SaveAsync(payment.Nothing(command.Key), etag, command);
        var reply = await provider.FollowUpAsync("refund", payment.AuthorisationId, command.Key, command.OrderId, command.Amount, CancellationToken.None);
        if (reply.Status == "declined") throw new ProviderUnavailableException($"The provider declined to refund {command.OrderId}.");
        return await SaveAsync(payment.Refund(command.Key), etag, command);
    }

    private async Task<PaymentOutcome> SaveAsync(Payment payment, string etag, PaymentCommand command)
    {
        await store.SaveAsync(payment, etag);
        return payment.Answered(command.Key)!;
    }

    private static PaymentOutcome Unavailable(PaymentCommand command) => new(command.OrderId, "unavailable", null);

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "{Operation} of {OrderId} has no result yet: {Reason}")]
    private static partial void CommandPostponed(ILogger logger, string operation, string orderId, string reason);
}

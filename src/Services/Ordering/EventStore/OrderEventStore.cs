using System.Data.Common;
using System.Diagnostics;
using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.EventStore;

/// <summary>
/// The event store, which is the outbox too: order_events, unique on (order_id, version); beside it, in the same transaction, the orders folded, the
/// stored answers, unique by key, and the commands that the sagas are still to be given. Everything that arrives together shares one transaction and one
/// fsync. What is said here is true of every database; how it is said to one is in its <see cref="OrderTables"/>. Safe for concurrent use.
/// </summary>
internal sealed partial class OrderEventStore : IAsyncDisposable
{
    private readonly OrderTables tables;
    private readonly OrderWatch watch;
    private readonly MicroBatch<Work, Outcome> writer;

    public OrderEventStore(OrderTables tables, OrderWatch watch)
    {
        (this.tables, this.watch) = (tables, watch);
        writer = new(CommitAsync, maxItems: 512, spacing: TimeSpan.FromMilliseconds(4), parallel: 1);
        tables.Heard += Hear;
    }

    /// <summary>Raised after a commit that holds events, and when another process may have made one.</summary>
    public Signal Events { get; } = new();

    /// <summary>Raised after a commit that holds commands for sagas, and when another process may have made one.</summary>
    public Signal Commands { get; } = new();

    /// <summary>The order before (null when it is new) and after; raised after a commit of this process that appended to its stream.</summary>
    public event Action<OrderState?, OrderState>? Changed;

    /// <summary>Reads: what they answer is true of all processes.</summary>
    public OrderTables Read => tables;

    public ValueTask<OrderState?> FindAsync(string orderId) => tables.FindAsync(orderId);

    /// <summary>
    /// Stores the order, its first event, the answer and the command that starts its saga in one commit. When the key is there already, nothing is
    /// stored and what is there is returned. Null when the customer would have more open than his limit: nothing is stored.
    /// </summary>
    public async Task<StoredAnswer?> PlaceAsync(Asked asked, OrderState order, OrderEvent accepted, byte[] answer, long? limit = null)
    {
        var (id, customer) = (order.View.OrderId, order.View.CustomerId);
        var first = NewEventOf(OrderEventNames.Accepted, accepted, order.Trace);
        var stored = await WriteAsync(new Work(turn =>
        {
            if (turn.Answer(asked.ScopedKey) is { } before) return before;
            if (limit is not null && turn.OpenAmount(customer) + order.View.Total.Amount > limit) return null;
            turn.Add(order);
            turn.Append(first);
            turn.Command(id, SagaCommand.Start);
            return turn.Keep(asked, id, answer, order.View.PlacedAt);
        }) { Key = asked.ScopedKey, CustomerId = limit is null ? null : customer });
        var result = (StoredAnswer?)stored;
        if (result is not { IsNew: true }) return result;
        Announce(null, order);
        Commands.Raise();
        return result;
    }

    /// <summary>Appends what the decision returns, in its order, skipping what has happened before; gives the order after it.</summary>
    public async Task<OrderState> AppendAsync(string orderId, Func<OrderState, IEnumerable<Happening>> decide, DateTimeOffset at, Func<OrderState, OrderState>? mark = null)
    {
        var step = Activity.Current;
        var outcome = await WriteAsync(new Work(turn =>
        {
            var first = turn.Order(orderId);
            var state = mark is null ? first : mark(first);
            var happened = new List<NewEvent>(2);
            foreach (var happening in decide(state))
            {
                if (!OrderFold.MayHappen(state, happening.Name)) continue;
                (state, var data) = OrderFold.Apply(state, happening.Name, at, happening.Reason, happening.Reference);
                happened.Add(NewEventOf(happening.Name, data, TraceOf(state, step)));
            }

            foreach (var one in happened) turn.Append(one);
            if (!ReferenceEquals(first, state)) turn.Save(state);
            return (first, state);
        }) { OrderId = orderId });
        var (before, after) = ((OrderState, OrderState))outcome!;
        if (after.View.Version != before.View.Version) Announce(before, after);
        return after;
    }

    /// <summary>
    /// Makes a decision durable, with its answer and the command that tells the saga, in one commit. A key that was answered before gets its answer
    /// again; a decision that gives null is not possible any more and changes nothing.
    /// </summary>
    public async Task<Decided> DecideAsync(string orderId, Asked? asked, Func<OrderState, (OrderState State, string? Command)?> decide, DateTimeOffset at)
    {
        var decided = (Decided)(await WriteAsync(new Work(turn =>
        {
            if (asked is not null && turn.Answer(asked.ScopedKey) is { } before) return new Decided(before, null, IsPossible: true);
            var order = turn.Order(orderId);
            if (decide(order) is not { } next) return new Decided(null, order, IsPossible: false);
            var answer = JsonSerializer.SerializeToUtf8Bytes(next.State.View, Defaults.Json);
            turn.Save(next.State);
            if (next.Command is not null) turn.Command(orderId, next.Command);
            return new Decided(asked is null ? new StoredAnswer("", orderId, answer, IsNew: true) : turn.Keep(asked, orderId, answer, at), next.State, IsPossible: true);
        }) { Key = asked?.ScopedKey, OrderId = orderId }))!;
        if (decided.Answer?.IsNew != true) return decided;
        Commands.Raise();
        tables.Tell(null);
        return decided;
    }

    /// <summary>How far each bucket is published. Gives the buckets that another process owns by now, whose mark stayed as it was.</summary>
    public async Task<IReadOnlySet<int>> SetPublishedAsync(IReadOnlyList<Mark> marks) => ((Changes)(await WriteAsync(new Work(turn =>
    {
        turn.Changes.Marks.AddRange(marks);
        return turn.Changes;
    })))!).Lost;

    public Task SetCarriedOutAsync(IReadOnlyList<SagaCommand> commands) => WriteAsync(new Work(turn =>
    {
        turn.Changes.CarriedOut.AddRange(commands.Select(command => command.Id));
        return null;
    }));

    /// <summary>Forgets answers older than the retention; the orders stay.</summary>
    public Task PurgeAnswersAsync(DateTimeOffset before) => WriteAsync(new Work(turn =>
    {
        turn.Changes.ForgetAnswersBefore = before;
        return null;
    }));

    /// <summary>Throws when nothing can be written durably now.</summary>
    public Task ProbeAsync() => WriteAsync(new Work(turn =>
    {
        turn.Changes.IsProbe = true;
        return null;
    }));

    public async ValueTask DisposeAsync()
    {
        await writer.DisposeAsync();
        tables.Heard -= Hear;
        await tables.DisposeAsync();
    }

    /// <summary>Durable when it returns. A work that throws fails alone; a store that takes no commit is the problem "unavailable".</summary>
    private async Task<object?> WriteAsync(Work work)
    {
        try
        {
            var outcome = await writer.AddAsync(work);
            return outcome.Error is null ? outcome.Value : throw new InvalidOperationException(outcome.Error.Message, outcome.Error);
        }
        catch (DbException e)
        {
            throw new StoreUnavailableException(e);
        }
    }

    private async Task<IReadOnlyList<Outcome>> CommitAsync(IReadOnlyList<Work> works)
    {
        var outcomes = new Outcome[works.Count];
        await tables.CommitAsync(Wanted.By(works), loaded =>
        {
            var turn = new Turn(loaded);
            for (var i = 0; i < works.Count; i++) outcomes[i] = RunOne(works[i], turn);
            return turn.Changes;
        });
        return outcomes;
    }

    private static Outcome RunOne(Work work, Turn turn)
    {
        try
        {
            return new Outcome(work.Do(turn), null);
        }
        catch (Exception e)
        {
            return new Outcome(null, e);
        }
    }

    private void Announce(OrderState? before, OrderState after)
    {
        Events.Raise();
        Changed?.Invoke(before, after);
        tables.Tell(watch.Changed(after) ? after.View.OrderId : null);
    }

    private void Hear(IReadOnlyList<string> settled)
    {
        Events.Raise();
        Commands.Raise();
        foreach (var id in settled) watch.Wake(id);
    }

    private static NewEvent NewEventOf(string name, OrderEvent data, string? trace) => new(data.OrderId, data.Version, name, JsonSerializer.SerializeToUtf8Bytes(data, Defaults.Json), trace);

    /// <summary>Of the step that does it, where that belongs to the order's trace; else of the request that placed the order.</summary>
    private static string? TraceOf(OrderState order, Activity? step) =>
        step is { IdFormat: ActivityIdFormat.W3C, Id: { } id } && (order.Trace is null || order.Trace.Contains(step.TraceId.ToHexString(), StringComparison.Ordinal)) ? id : order.Trace;

    private readonly record struct Outcome(object? Value, Exception? Error);
}

/// <summary>The event store cannot be read or takes no commit now; answered as 503. Whoever repeats with the same key gets what became of it.</summary>
internal sealed class StoreUnavailableException(DbException cause) : ProblemException(Problems.Unavailable("The event store takes no commit now; nothing was stored."), cause);

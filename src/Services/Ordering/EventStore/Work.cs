using DaprOrders.Contracts;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.EventStore;

/// <summary>
/// One caller's part of a transaction: what it must see, and what it makes of it. It writes last, after everything that may throw, so that a work that
/// fails has changed nothing; and it may be run again on what is true then, so it does nothing but decide.
/// </summary>
internal sealed record Work(Func<Turn, object?> Do)
{
    public string? Key { get; init; }
    public string? OrderId { get; init; }
    public string? CustomerId { get; init; }
    public IReadOnlyList<string> Streams { get; init; } = [];
}

/// <summary>What a batch of works must see: answers by key, orders (held until the commit), what customers have open, whole streams with their orders.</summary>
internal sealed record Wanted(IReadOnlyCollection<string> Keys, IReadOnlyCollection<string> Orders, IReadOnlyCollection<string> Customers, IReadOnlyCollection<string> Streams)
{
    public static Wanted By(IReadOnlyList<Work> works) => new(
        Distinct(works.Select(work => work.Key)), Distinct(works.Select(work => work.OrderId).Concat(works.SelectMany(work => work.Streams))),
        Distinct(works.Select(work => work.CustomerId)), Distinct(works.SelectMany(work => work.Streams)));

    private static HashSet<string> Distinct(IEnumerable<string?> names) => [.. names.Where(name => name is not null).Select(name => name!)];
}

/// <summary>What was found of it; an order that it lacks does not exist.</summary>
internal sealed class Loaded
{
    public Dictionary<string, StoredAnswer> Answers { get; } = [];
    public Dictionary<string, OrderState> Orders { get; } = [];
    public Dictionary<string, long> OpenAmounts { get; } = [];
    public Dictionary<string, List<OrderEvent>> Streams { get; } = [];
}

/// <summary>What a batch of works changes; written in one commit. Of an order its last state is here, of a stream every new event.</summary>
internal sealed class Changes
{
    public List<NewEvent> Events { get; } = [];
    public Dictionary<string, WrittenOrder> Orders { get; } = [];
    public List<NewAnswer> Answers { get; } = [];
    public List<(string OrderId, string Act)> Commands { get; } = [];
    public List<long> CarriedOut { get; } = [];
    public List<Mark> Marks { get; } = [];
    public DateTimeOffset? ForgetAnswersBefore { get; set; }

    /// <summary>Something must be written, whatever it is.</summary>
    public bool IsProbe { get; set; }

    /// <summary>Filled by the commit: buckets whose mark was not set, because another process owns them now.</summary>
    public HashSet<int> Lost { get; } = [];

    /// <summary>Orders to be refunded are listed apart, since they are few among all that are confirmed; those that are back are not listed any more.</summary>
    public IEnumerable<string> Refunding => Orders.Values.Where(order => order.State.IsRefunding).Select(order => order.State.View.OrderId);

    public IEnumerable<string> Refunded => Orders.Values.Where(order => order.State is { RefundReason: not null, IsRefunding: false }).Select(order => order.State.View.OrderId);

    public bool IsEmpty => Events.Count + Orders.Count + Answers.Count + Commands.Count + CarriedOut.Count + Marks.Count == 0 && ForgetAnswersBefore is null && !IsProbe;
}

/// <summary>Trace: the W3C traceparent that whoever hears of the event goes on in.</summary>
internal sealed record NewEvent(string OrderId, long Version, string Name, byte[] Data, string? Trace);

internal sealed record WrittenOrder(OrderState State, bool IsNew)
{
    public long OpenAmount => State.IsTerminal ? 0 : State.View.Total.Amount;
}

internal sealed record NewAnswer(string ScopedKey, string BodyHash, string OrderId, byte[] Answer, DateTimeOffset At);

/// <summary>The works of one transaction, one after the other: each sees what those before it changed.</summary>
internal sealed class Turn(Loaded loaded)
{
    public Changes Changes { get; } = new();

    public StoredAnswer? Answer(string scopedKey) => loaded.Answers.GetValueOrDefault(scopedKey);

    public OrderState Order(string orderId) =>
        loaded.Orders.GetValueOrDefault(orderId) ?? throw new InvalidOperationException($"There is no order {orderId}.");

    public long OpenAmount(string customerId) => loaded.OpenAmounts.GetValueOrDefault(customerId);

    public IReadOnlyList<OrderEvent> Stream(string orderId) => loaded.Streams.GetValueOrDefault(orderId) ?? [];

    public void Append(NewEvent happened) => Changes.Events.Add(happened);

    public void Add(OrderState order) => Put(order, isNew: true, openBefore: 0);

    public void Save(OrderState order)
    {
        var before = Order(order.View.OrderId);
        Put(order, Changes.Orders.TryGetValue(order.View.OrderId, out var changed) && changed.IsNew, new WrittenOrder(before, false).OpenAmount);
    }

    public StoredAnswer Keep(Asked asked, string orderId, byte[] answer, DateTimeOffset at)
    {
        Changes.Answers.Add(new NewAnswer(asked.ScopedKey, asked.BodyHash, orderId, answer, at));
        var stored = new StoredAnswer(asked.BodyHash, orderId, answer, IsNew: true);
        loaded.Answers[asked.ScopedKey] = stored with { IsNew = false };
        return stored;
    }

    public void Command(string orderId, string act) => Changes.Commands.Add((orderId, act));

    private void Put(OrderState order, bool isNew, long openBefore)
    {
        var changed = new WrittenOrder(order, isNew);
        Changes.Orders[order.View.OrderId] = changed;
        loaded.Orders[order.View.OrderId] = order;
        loaded.OpenAmounts[order.View.CustomerId] = loaded.OpenAmounts.GetValueOrDefault(order.View.CustomerId) + changed.OpenAmount - openBefore;
    }
}

using System.Data.Common;

namespace DaprOrders.Ordering.EventStore;

/// <summary>What a request with an Idempotency-Key is known by: caller, path and key; and its body.</summary>
internal sealed record Asked(string ScopedKey, string BodyHash);

/// <summary>The answer that a key was given; IsNew when this call stored it.</summary>
internal sealed record StoredAnswer(string BodyHash, string OrderId, byte[] Answer, bool IsNew);

/// <summary>What became of a decision: its answer, or the order as it is when it is not possible any more. Order is null for an answer given before.</summary>
internal sealed record Decided(StoredAnswer? Answer, Orders.OrderState? Order, bool IsPossible);

/// <summary>An event to append; reason and reference belong to the order after it.</summary>
internal sealed record Happening(string Name, string? Reason = null, string? Reference = null);

/// <summary>Something that the workflow engine is to be told, written in the commit that decided it and carried out at least once.</summary>
internal sealed record SagaCommand(long Id, string OrderId, string Act)
{
    public const string Start = "start", Decided = "decided", Retry = "retry", Refund = "refund";

    /// <summary>The engine is another one and knows nothing of an order that is on its way: written by the move of a shop (docs/growing.md).</summary>
    public const string Resume = "resume";

    public static SagaCommand Read(DbDataReader row) => new(row.GetInt64(0), row.GetString(1), row.GetString(2));
}

/// <summary>An event in the stream; the position says what came first. Trace is there where it is read to be published.</summary>
internal sealed record StoredEvent(long Position, int Bucket, string OrderId, long Version, string Name, byte[] Data, string? Trace = null)
{
    /// <summary>Order and version, so that a second delivery is recognised.</summary>
    public string Id => $"{OrderId}:{Version}";

    public static StoredEvent Read(DbDataReader row) => new(row.GetInt64(0), row.GetInt32(1), row.GetString(2), row.GetInt64(3), row.GetString(4), OrderTables.Bytes(row, 5));

    public static StoredEvent ReadToPublish(DbDataReader row) => Read(row) with { Trace = row.IsDBNull(6) ? null : row.GetString(6) };
}

/// <summary>A bucket that this process owns for a while. The epoch grows with every change of hands: a mark with an old one is not set.</summary>
internal sealed record Share(int Bucket, long Epoch, long Published);

/// <summary>Everything of the bucket up to here is published, says the owner of this epoch.</summary>
internal sealed record Mark(int Bucket, long Epoch, long Published);

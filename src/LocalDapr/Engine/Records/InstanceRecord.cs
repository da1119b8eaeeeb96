using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Records;

/// <summary>
/// One step in the life of an instance, as the store keeps it: what was taken from the inbox, what was put into it, what was added to the
/// history.
/// An instance is the fold of its records in the order of their sequence.
/// </summary>
internal sealed record InstanceRecord
{
    private const byte FormatVersion = 1;

    public required Moment At { get; init; }

    /// <summary>The history up to here no longer counts, and the events put into the inbox go in front of what is still there.</summary>
    public bool Restarts { get; init; }

    /// <summary>It starts over as the same execution goes on: to others it has been running all the time.</summary>
    public bool Continues { get; init; }

    /// <summary>Inbox events up to and with this number were consumed.</summary>
    public long ConsumedThrough { get; init; }

    public bool SetsCustomStatus { get; init; }

    public string? CustomStatus { get; init; }

    public IReadOnlyList<InboxEvent> Inbox { get; init; } = [];

    public IReadOnlyList<HistoryEvent> History { get; init; } = [];

    public byte[] Encode(RecordWriter writer)
    {
        writer.Clear();
        writer.Byte(FormatVersion);
        writer.Byte((byte)((Restarts ? 1 : 0) | (SetsCustomStatus ? 2 : 0) | (Continues ? 4 : 0)));
        writer.Time(At);
        writer.Signed(ConsumedThrough);
        if (SetsCustomStatus) writer.Text(CustomStatus);
        writer.Unsigned((ulong)Inbox.Count);
        foreach (var item in Inbox)
        {
            writer.Signed(item.Number);
            writer.Event(item.Event);
        }
        writer.Unsigned((ulong)History.Count);
        foreach (var happened in History) writer.Event(happened);
        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">The record is damaged, or of a newer format than this program knows.</exception>
    public static InstanceRecord Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader(bytes);
        var format = reader.Byte();
        if (format > FormatVersion)
            throw new InvalidDataException($"The workflow store holds records of format {format}; this program knows formats up to {FormatVersion}.");
        var flags = reader.Byte();
        var at = reader.Time();
        var consumed = reader.Signed();
        var customStatus = (flags & 2) != 0 ? reader.Text() : null;
        var inbox = new InboxEvent[reader.Count()];
        for (var i = 0; i < inbox.Length; i++) inbox[i] = new InboxEvent(reader.Signed(), reader.Event());
        var history = new HistoryEvent[reader.Count()];
        for (var i = 0; i < history.Length; i++) history[i] = reader.Event();
        return new InstanceRecord
        {
            At = at,
            Restarts = (flags & 1) != 0,
            Continues = (flags & 4) != 0,
            ConsumedThrough = consumed,
            SetsCustomStatus = (flags & 2) != 0,
            CustomStatus = customStatus,
            Inbox = inbox,
            History = history,
        };
    }
}

/// <summary>An event waiting for the next turn. Numbers rise and are never used twice within an instance.</summary>
internal readonly record struct InboxEvent(long Number, HistoryEvent Event);

using System.Buffers.Binary;
using DaprOrders.Auditor.Reconciliation;

namespace DaprOrders.Auditor.Saved;

/// <summary>An order that was settled, or, without what it settled to, is so no more. A later one of the same order counts.</summary>
internal readonly record struct SettledChange(Guid OrderId, Settled? Settled);

/// <summary>Changes as bytes, 27 each: id, place, status, number of events. Pure.</summary>
internal static class SettledPieces
{
    /// <summary>A piece is some 110 KB as JSON: below what any store takes as one value.</summary>
    public const int MostChanges = 3072;

    private const int Size = 27;
    private const byte NoMore = 255;

    public static byte[] Write(IReadOnlyList<SettledChange> changes)
    {
        var bytes = new byte[changes.Count * Size];
        for (var i = 0; i < changes.Count; i++)
        {
            var to = bytes.AsSpan(i * Size, Size);
            var settled = changes[i].Settled ?? new Settled(0, NoMore, 0);
            changes[i].OrderId.TryWriteBytes(to, bigEndian: true, out _);
            BinaryPrimitives.WriteInt64BigEndian(to[16..], settled.Position);
            to[24] = settled.Status;
            BinaryPrimitives.WriteUInt16BigEndian(to[25..], settled.Events);
        }

        return bytes;
    }

    /// <summary>Throws <see cref="InvalidDataException"/> at what was never written so.</summary>
    public static IReadOnlyList<SettledChange> Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % Size != 0) throw new InvalidDataException($"A piece of {bytes.Length} bytes is no row of settled orders.");
        var changes = new SettledChange[bytes.Length / Size];
        for (var i = 0; i < changes.Length; i++)
        {
            var from = bytes.Slice(i * Size, Size);
            if (from[24] != NoMore && from[24] >= Reconcile.Terminals.Length) throw new InvalidDataException($"There is no end {from[24]}.");
            changes[i] = new SettledChange(new Guid(from[..16], bigEndian: true),
                from[24] == NoMore ? null : new Settled(BinaryPrimitives.ReadInt64BigEndian(from[16..]), from[24], BinaryPrimitives.ReadUInt16BigEndian(from[25..])));
        }

        return changes;
    }
}

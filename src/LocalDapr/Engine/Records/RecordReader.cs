using System.Buffers.Binary;
using System.Text;
using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Records;

/// <summary>Reads what <see cref="RecordWriter"/> wrote; a record that ends too early throws <see cref="InvalidDataException"/>.</summary>
internal ref struct RecordReader(ReadOnlySpan<byte> record)
{
    private ReadOnlySpan<byte> _rest = record;

    public readonly bool AtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1)[0];

    public bool Bool() => Byte() != 0;

    public ulong Unsigned()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
        throw new InvalidDataException("A workflow record holds a number of more than 64 bits.");
    }

    public long Signed()
    {
        var value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public int Int() => checked((int)Signed());

    public int Count() => checked((int)Unsigned());

    public string? Text()
    {
        var length = Unsigned();
        return length switch
        {
            0 => null,
            1 => "",
            _ => Encoding.UTF8.GetString(Take(checked((int)length - 1))),
        };
    }

    public string RequiredText() => Text() ?? throw new InvalidDataException("A workflow record lacks a text it must have.");

    public Moment Time()
    {
        var span = Take(12);
        return new Moment(BinaryPrimitives.ReadInt64LittleEndian(span), BinaryPrimitives.ReadInt32LittleEndian(span[8..]));
    }

    public Moment? OptionalTime() => Bool() ? Time() : null;

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length) throw new InvalidDataException("A workflow record ends too early.");
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}

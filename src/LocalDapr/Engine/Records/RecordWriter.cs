using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Records;

/// <summary>
/// Writes the compact binary form: variable-length integers, length-prefixed UTF-8, 0 for a missing text and length + 1 for a present
/// one.
/// </summary>
internal sealed class RecordWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);

    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    public void Clear() => _buffer.ResetWrittenCount();

    public void Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Unsigned(ulong value)
    {
        var span = _buffer.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7) span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        _buffer.Advance(length);
    }

    /// <summary>Zigzag, so that -1 takes one byte.</summary>
    public void Signed(long value) => Unsigned(((ulong)value << 1) ^ (ulong)(value >> 63));

    public void Text(string? value)
    {
        if (value is null)
        {
            Byte(0);
            return;
        }
        var length = Encoding.UTF8.GetByteCount(value);
        Unsigned((ulong)length + 1);
        _buffer.Advance(Encoding.UTF8.GetBytes(value, _buffer.GetSpan(length)));
    }

    public void Time(Moment value)
    {
        var span = _buffer.GetSpan(12);
        BinaryPrimitives.WriteInt64LittleEndian(span, value.Seconds);
        BinaryPrimitives.WriteInt32LittleEndian(span[8..], value.Nanos);
        _buffer.Advance(12);
    }

    public void Time(Moment? value)
    {
        Bool(value.HasValue);
        if (value is { } time) Time(time);
    }
}

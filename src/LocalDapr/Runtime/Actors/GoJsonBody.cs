using System.Buffers;

namespace LocalDapr.Runtime.Actors;

/// <summary>
/// A JSON object as Go's encoder writes it, member by member. A value that is JSON already keeps its digits, its escapes and the order of its
/// names: only white space between its parts goes, and &lt; &gt; &amp; and the two line separators are escaped.
/// </summary>
internal sealed class GoJsonBody(int capacity)
{
    private static readonly SearchValues<byte> specialOutside = SearchValues.Create(" \t\r\n\""u8);
    private static readonly SearchValues<byte> specialInText = SearchValues.Create((byte)'"', (byte)'\\', (byte)'<', (byte)'>', (byte)'&', 0xE2);

    private readonly GoJsonWriter _json = new(capacity);
    private bool _hasMembers;

    public void Text(ReadOnlySpan<byte> name, string value)
    {
        Name(name);
        _json.Text(value);
    }

    /// <summary>Leaves the member out where there is no value.</summary>
    public void Value(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return;
        Name(name);
        for (var inText = false; !json.IsEmpty;)
        {
            var at = json.IndexOfAny(inText ? specialInText : specialOutside);
            if (at < 0) at = json.Length;
            _json.Raw(json[..at]);
            json = json[at..];
            if (!json.IsEmpty) json = json[Mark(json, ref inText)..];
        }
    }

    public ReadOnlyMemory<byte> End()
    {
        _json.Raw(_hasMembers ? "}"u8 : "{}"u8);
        return _json.Written;
    }

    private void Name(ReadOnlySpan<byte> name)
    {
        _json.Raw(_hasMembers ? ",\""u8 : "{\""u8);
        _json.Raw(name);
        _json.Raw("\":"u8);
        _hasMembers = true;
    }

    // Writes what begins the text, or leaves it out; returns its length.
    private int Mark(ReadOnlySpan<byte> json, ref bool inText)
    {
        switch (json[0])
        {
            case (byte)'"':
                inText = !inText;
                _json.Raw(json[..1]);
                return 1;
            case (byte)'\\':
                _json.Raw(json[..2]);
                return 2;
            case (byte)'<': _json.Raw("\\u003c"u8); return 1;
            case (byte)'>': _json.Raw("\\u003e"u8); return 1;
            case (byte)'&': _json.Raw("\\u0026"u8); return 1;
            case 0xE2 when json.StartsWith("\u2028"u8): _json.Raw("\\u2028"u8); return 3;
            case 0xE2 when json.StartsWith("\u2029"u8): _json.Raw("\\u2029"u8); return 3;
            case 0xE2: _json.Raw(json[..1]); return 1;
            default: return 1;
        }
    }
}

using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace LocalDapr.Runtime;

/// <summary>
/// Writes JSON as Go's encoder does: no white space, names sorted by their bytes, of equal ones the last, and of strings only quotes,
/// backslashes, controls, &lt; &gt; &amp; and the two line separators escaped. Halves of surrogate pairs and bytes that are no UTF-8 become
/// U+FFFD. Numbers stay as they were written. Values are walked without recursion: they may be as deep as the parser lets them be.
/// </summary>
internal sealed class GoJsonWriter(int capacity, bool escapes = true)
{
    /// <summary>How deep Go's decoder goes.</summary>
    private const int MaxDepth = 10_000;

    public static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaxDepth };

    public static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = MaxDepth };

    // 0xE2 begins the line separators U+2028 and U+2029.
    private static readonly SearchValues<byte> InJson = SearchValues.Create((byte)'\\', (byte)'<', (byte)'>', (byte)'&', 0xE2);
    private static readonly SearchValues<byte> InText =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(c => (byte)c), (byte)'"', (byte)'\\', (byte)'<', (byte)'>', (byte)'&', 0xE2]);

    private readonly List<Member> _members = [];
    private readonly List<Frame> _open = [];
    private byte[] _buffer = new byte[Math.Max(capacity, 16)];
    private int _length;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    /// <summary>A value in its canonical form.</summary>
    public static ReadOnlyMemory<byte> Canonical(JsonElement value)
    {
        var writer = new GoJsonWriter(JsonMarshal.GetRawUtf8Value(value).Length);
        writer.Value(value);
        return writer.Written;
    }

    /// <summary>The text of a string, in which halves of surrogate pairs are U+FFFD; what is no string as it is written.</summary>
    public static string TextOf(JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        return value.ValueKind == JsonValueKind.String ? Encoding.UTF8.GetString(Unescape(raw[1..^1])) : Encoding.UTF8.GetString(raw);
    }

    /// <summary>Whether it is one JSON value, as far as Go would read it.</summary>
    public static bool IsJson(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text, ReaderOptions);
            while (reader.Read())
            {
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>JSON as it is.</summary>
    public void Raw(ReadOnlySpan<byte> json)
    {
        json.CopyTo(Space(json.Length));
        _length += json.Length;
    }

    public void Text(string text)
    {
        Raw("\""u8);
        Characters(Encoding.UTF8.GetBytes(text), InText);
        Raw("\""u8);
    }

    public void Value(JsonElement value)
    {
        Begin(value);
        while (_open.Count > 0)
        {
            ref var frame = ref CollectionsMarshal.AsSpan(_open)[^1];
            if (frame.Next(_members) is not { } member)
            {
                Raw(frame.IsObject ? "}"u8 : "]"u8);
                if (frame.IsObject) CollectionsMarshal.SetCount(_members, frame.Start);
                _open.RemoveAt(_open.Count - 1);
                continue;
            }
            if (frame.Written++ > 0) Raw(","u8);
            if (frame.IsObject) Name(member.Property);
            Begin(member.Value);
        }
    }

    private void Name(JsonProperty property)
    {
        Raw("\""u8);
        Characters(JsonMarshal.GetRawUtf8PropertyName(property), InJson);
        Raw("\":"u8);
    }

    private void Begin(JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                Raw("{"u8);
                var start = _members.Count;
                foreach (var property in value.EnumerateObject()) _members.Add(Member.Of(property, _members.Count));
                Sort(start);
                _open.Add(new Frame { IsObject = true, Start = start, At = start, End = _members.Count });
                break;
            case JsonValueKind.Array:
                Raw("["u8);
                _open.Add(new Frame { Elements = value.EnumerateArray() });
                break;
            case JsonValueKind.String:
                Raw("\""u8);
                Characters(raw[1..^1], InJson);
                Raw("\""u8);
                break;
            default:
                Raw(raw);
                break;
        }
    }

    // Of equal names the last one in the text stays.
    private void Sort(int start)
    {
        var members = CollectionsMarshal.AsSpan(_members)[start..];
        members.Sort(static (a, b) => Member.Compare(a, b) is var order and not 0 ? order : a.Order.CompareTo(b.Order));
        var kept = 0;
        for (var i = 0; i < members.Length; i++)
            if (i + 1 == members.Length || Member.Compare(members[i], members[i + 1]) != 0)
                members[kept++] = members[i];
        CollectionsMarshal.SetCount(_members, start + kept);
    }

    private void Characters(ReadOnlySpan<byte> text, SearchValues<byte> special)
    {
        if (!Utf8.IsValid(text)) text = Repair(text);
        for (int at; (at = text.IndexOfAny(special)) >= 0;)
        {
            Raw(text[..at]);
            text = text[at..];
            text = text[(text[0] == '\\' && special == InJson ? Escape(text) : Plain(text))..];
        }
        Raw(text);
    }

    // What may have to be escaped; returns its length.
    private int Plain(ReadOnlySpan<byte> text)
    {
        Rune.DecodeFromUtf8(text, out var rune, out var length);
        Character(rune);
        return length;
    }

    // An escape of the JSON that is read; returns its length. The parser has looked at its form.
    private int Escape(ReadOnlySpan<byte> text)
    {
        if (text[1] != 'u')
        {
            Character(new Rune(text[1] switch { (byte)'b' => '\b', (byte)'f' => '\f', (byte)'n' => '\n', (byte)'r' => '\r', (byte)'t' => '\t', var c => (char)c }));
            return 2;
        }
        var unit = Unit(text);
        if (!char.IsSurrogate(unit)) Character(new Rune(unit));
        else if (text.Length >= 12 && text[6..].StartsWith("\\u"u8) && Rune.TryCreate(unit, Unit(text[6..]), out var pair))
        {
            Character(pair);
            return 12;
        }
        else Character(Rune.ReplacementChar);
        return 6;
    }

    private static char Unit(ReadOnlySpan<byte> escape) => (char)ushort.Parse(escape[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private void Character(Rune rune)
    {
        switch (rune.Value)
        {
            case '"' when escapes: Raw("\\\""u8); break;
            case '\\' when escapes: Raw("\\\\"u8); break;
            case '\b' when escapes: Raw("\\b"u8); break;
            case '\f' when escapes: Raw("\\f"u8); break;
            case '\n' when escapes: Raw("\\n"u8); break;
            case '\r' when escapes: Raw("\\r"u8); break;
            case '\t' when escapes: Raw("\\t"u8); break;
            case < 0x20 or '<' or '>' or '&' or 0x2028 or 0x2029 when escapes:
                Raw("\\u"u8);
                rune.Value.TryFormat(Space(4), out _, "x4", CultureInfo.InvariantCulture);
                _length += 4;
                break;
            default:
                _length += rune.EncodeToUtf8(Space(4));
                break;
        }
    }

    private static ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> json)
    {
        if (!json.Contains((byte)'\\') && Utf8.IsValid(json)) return json;
        var writer = new GoJsonWriter(json.Length, escapes: false);
        writer.Characters(json, InJson);
        return writer.Written.Span;
    }

    // Byte by byte, as Go does.
    private static byte[] Repair(ReadOnlySpan<byte> text)
    {
        var repaired = new GoJsonWriter(text.Length + 64, escapes: false);
        while (!text.IsEmpty)
        {
            var length = Rune.DecodeFromUtf8(text, out var rune, out var read) == OperationStatus.Done ? read : 1;
            repaired.Character(rune);
            text = text[length..];
        }
        return repaired.Written.ToArray();
    }

    private Span<byte> Space(int length)
    {
        if (_buffer.Length - _length < length) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + length));
        return _buffer.AsSpan(_length);
    }

    /// <summary>A value within another; its name unescaped where that is not what is written.</summary>
    private readonly record struct Member(JsonElement Value, JsonProperty Property, byte[]? Unescaped, int Order)
    {
        public static Member Of(JsonProperty property, int order)
        {
            var name = JsonMarshal.GetRawUtf8PropertyName(property);
            var plain = !name.Contains((byte)'\\') && Utf8.IsValid(name);
            return new Member(property.Value, property, plain ? null : Unescape(name).ToArray(), order);
        }

        public static int Compare(Member a, Member b) => a.Name.SequenceCompareTo(b.Name);

        private ReadOnlySpan<byte> Name => Unescaped is { } name ? name : JsonMarshal.GetRawUtf8PropertyName(Property);
    }

    /// <summary>An object or array that is being written. The members of objects lie in one list, those of the innermost last.</summary>
    private struct Frame
    {
        public bool IsObject;
        public int Start;
        public int At;
        public int End;
        public int Written;
        public JsonElement.ArrayEnumerator Elements;

        public Member? Next(List<Member> members)
        {
            if (IsObject) return At < End ? members[At++] : null;
            return Elements.MoveNext() ? new Member(Elements.Current, default, null, 0) : null;
        }
    }
}

using System.Collections;

namespace MiniGrpc;

/// <summary>
/// Headers or trailers of a call: multi-valued, names in lower case. Values of "-bin" names are bytes, kept as they travel (base64); all
/// others are printable ASCII. Names that belong to the protocol itself (content-type, te, grpc-status, …) are not sent.
/// </summary>
public sealed class Metadata : IEnumerable<KeyValuePair<string, string>>
{
    private const string BinarySuffix = "-bin";

    private readonly List<KeyValuePair<string, string>> _entries = [];

    public int Count => _entries.Count;

    public void Add(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var lower = Normalise(name);
        if (IsBinary(lower))
        {
            throw new ArgumentException($"'{name}' names bytes: add them as bytes.", nameof(name));
        }

        if (!IsText(value))
        {
            throw new ArgumentException(
                $"The value of '{name}' is not printable ASCII; a name that ends with {BinarySuffix} takes any bytes.", nameof(value));
        }

        _entries.Add(new(lower, value));
    }

    /// <summary>Adds what can travel as a text; false, and nothing added, otherwise. For headers that come from elsewhere.</summary>
    public bool TryAdd(string name, string value)
    {
        var lower = Lower(name);
        if (!IsName(lower) || IsBinary(lower) || !IsText(value))
        {
            return false;
        }

        _entries.Add(new(lower, value));
        return true;
    }

    public void Add(string name, ReadOnlyMemory<byte> value)
    {
        var lower = Normalise(name);
        if (!IsBinary(lower))
        {
            throw new ArgumentException($"A name of bytes must end with {BinarySuffix}: '{name}'.", nameof(name));
        }

        _entries.Add(new(lower, Convert.ToBase64String(value.Span).TrimEnd('=')));
    }

    /// <summary>The first value under this name, or null. For a "-bin" name that is the base64 text.</summary>
    public string? Get(string name)
    {
        foreach (var entry in _entries)
        {
            if (string.Equals(entry.Key, name, StringComparison.OrdinalIgnoreCase))
            {
                return entry.Value;
            }
        }

        return null;
    }

    /// <summary>The first bytes under this "-bin" name, or null when there are none or they are not base64.</summary>
    public byte[]? GetBinary(string name)
    {
        if (Get(name) is not { } text)
        {
            return null;
        }

        // Senders may leave the padding out.
        var padded = text.PadRight((text.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length / 4 * 3];
        return Convert.TryFromBase64String(padded, bytes, out var written) ? bytes[..written] : null;
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Takes a value as it came over the wire. Several "-bin" values may arrive joined by commas.</summary>
    internal void AddReceived(string name, string value)
    {
        var lower = Lower(name);
        if (IsBinary(lower) && value.Contains(','))
        {
            foreach (var part in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                _entries.Add(new(lower, part));
            }

            return;
        }

        _entries.Add(new(lower, value));
    }

    internal void AddAll(Metadata other) => _entries.AddRange(other._entries);

    private static bool IsBinary(string name) => name.EndsWith(BinarySuffix, StringComparison.Ordinal);

    private static bool IsText(string value) => !value.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private static bool IsName(string lower)
    {
        foreach (var c in lower)
        {
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.'))
            {
                return false;
            }
        }

        return lower.Length > 0;
    }

    private static string Normalise(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var lower = Lower(name);
        return IsName(lower) ? lower : throw new ArgumentException($"Not a metadata name: '{name}'.", nameof(name));
    }

#pragma warning disable CA1308 // HTTP/2 header names are lower case
    private static string Lower(string name) => name.ToLowerInvariant();
#pragma warning restore CA1308
}

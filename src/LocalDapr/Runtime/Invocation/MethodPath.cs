using System.Text;

namespace LocalDapr.Runtime.Invocation;

/// <summary>The method of an invocation as a path that is safe to send: decoded, checked, normalised, encoded again.</summary>
internal static class MethodPath
{
    /// <summary>Characters of a path segment that need no escape, beside letters and digits.</summary>
    private const string Plain = "-._~!$&'()*+,;=:@";

    /// <summary>Null when the name holds what could change the meaning of the request line.</summary>
    public static string? Normalise(string escaped)
    {
        var decoded = Uri.UnescapeDataString(escaped);
        if (decoded.Any(c => c is '?' or '#' || char.IsControl(c))) return null;
        var segments = new List<string>();
        foreach (var segment in decoded.Split('/', StringSplitOptions.RemoveEmptyEntries))
            if (segment == "..")
            {
                if (segments.Count > 0) segments.RemoveAt(segments.Count - 1);
            }
            else if (segment != ".")
            {
                segments.Add(Escape(segment));
            }
        return string.Join('/', segments);
    }

    private static string Escape(string segment)
    {
        if (segment.All(IsPlain)) return segment;
        var text = new StringBuilder(segment.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(segment))
            if (b < 0x80 && IsPlain((char)b)) text.Append((char)b);
            else text.Append('%').Append(b.ToString("X2"));
        return text.ToString();
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal);
}

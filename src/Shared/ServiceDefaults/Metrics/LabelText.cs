using System.Globalization;
using System.Text;

namespace DaprOrders.ServiceDefaults.Metrics;

/// <summary>Tags as the text format has them, name="value",…, made in room of the caller; only what is longer, or has to be escaped, allocates.</summary>
internal ref struct LabelText(Span<char> room)
{
    private readonly Span<char> room = room;
    private int length;
    private string? whole;

    public readonly ReadOnlySpan<char> Text => whole is null ? room[..length] : whole;

    public void Append(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, value) in tags)
            if (!Fits(name, value))
            {
                whole = Slow(tags);
                return;
            }
    }

    private bool Fits(string name, object? value)
    {
        var left = room[length..];
        var text = value as string;
        if (text is null && value is not (int or long or bool or null)) return false;
        if (text is not null && text.AsSpan().IndexOfAny('\\', '"', '\n') >= 0) return false;
        var written = 0;
        var fits = text is not null ? left.TryWrite($"{(length > 0 ? "," : "")}{name}=\"{text}\"", out written)
            : left.TryWrite(CultureInfo.InvariantCulture, $"{(length > 0 ? "," : "")}{name}=\"{Plain(value)}\"", out written);
        if (!fits) return false;
        left.Slice(length > 0 ? 1 : 0, name.Length).Replace('.', '_');
        length += written;
        return true;
    }

    private static string Plain(object? value) => value switch
    {
        null => "",
        true => "true",
        false => "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Slow(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            text.Append(text.Length > 0 ? "," : "").Append(PrometheusNames.Label(name)).Append("=\"");
            PrometheusNames.AppendEscaped(text, Plain(value));
            text.Append('"');
        }

        return text.ToString();
    }
}

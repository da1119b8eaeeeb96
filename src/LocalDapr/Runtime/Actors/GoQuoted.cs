using System.Globalization;
using System.Text;

namespace LocalDapr.Runtime.Actors;

/// <summary>A text in quotes, as Go's <c>%q</c> writes it: what does not print is escaped.</summary>
internal static class GoQuoted
{
    public static string Of(string text)
    {
        var quoted = new StringBuilder("\"", text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
            if (rune.Value is '"' or '\\') quoted.Append('\\').Append((char)rune.Value);
            else if (IsPrint(rune)) quoted.Append(rune);
            else quoted.Append(Escape(rune.Value));
        return quoted.Append('"').ToString();
    }

    private static string Escape(int rune) => rune switch
    {
        '\a' => @"\a",
        '\b' => @"\b",
        '\f' => @"\f",
        '\n' => @"\n",
        '\r' => @"\r",
        '\t' => @"\t",
        '\v' => @"\v",
        < ' ' or 0x7f => string.Create(CultureInfo.InvariantCulture, $@"\x{rune:x2}"),
        <= 0xffff => string.Create(CultureInfo.InvariantCulture, $@"\u{rune:x4}"),
        _ => string.Create(CultureInfo.InvariantCulture, $@"\U{rune:x8}"),
    };

    // Of spaces only the plain one prints.
    private static bool IsPrint(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}

using System.Globalization;
using System.Text;

namespace LocalDapr.Runtime.PubSub.Routing;

internal enum CelTokenKind
{
    End,
    Name,
    Text,
    Number,
    Symbol,
}

internal readonly record struct CelToken(CelTokenKind Kind, string Text, double Number = 0);

/// <summary>Cuts the source of a rule into tokens.</summary>
internal static class CelTokens
{
    private static readonly string[] TwoCharacterSymbols = ["&&", "||", "==", "!=", "<=", ">="];

    public static List<CelToken> Read(string source)
    {
        var tokens = new List<CelToken>();
        var at = 0;
        while (at < source.Length)
        {
            var c = source[at];
            if (char.IsWhiteSpace(c)) at++;
            else if (c is '"' or '\'') tokens.Add(ReadText(source, ref at));
            else if (char.IsAsciiDigit(c)) tokens.Add(ReadNumber(source, ref at));
            else if (char.IsAsciiLetter(c) || c == '_') tokens.Add(ReadName(source, ref at));
            else tokens.Add(ReadSymbol(source, ref at));
        }
        tokens.Add(new(CelTokenKind.End, ""));
        return tokens;
    }

    private static CelToken ReadName(string source, ref int at)
    {
        var start = at;
        while (at < source.Length && (char.IsAsciiLetterOrDigit(source[at]) || source[at] == '_')) at++;
        return new(CelTokenKind.Name, source[start..at]);
    }

    private static CelToken ReadNumber(string source, ref int at)
    {
        var start = at;
        while (at < source.Length && IsInNumber(source, at)) at++;
        var text = source[start..at];
        if (at < source.Length && source[at] is 'u' or 'U') at++;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? new(CelTokenKind.Number, text, number)
            : throw new CelException($"'{text}' is no number");
    }

    private static bool IsInNumber(string source, int at) =>
        char.IsAsciiDigit(source[at]) || source[at] is 'e' or 'E'
        || (source[at] == '.' && at + 1 < source.Length && char.IsAsciiDigit(source[at + 1]))
        || (source[at] is '+' or '-' && source[at - 1] is 'e' or 'E');

    private static CelToken ReadText(string source, ref int at)
    {
        var quote = source[at++];
        var text = new StringBuilder();
        while (at < source.Length && source[at] != quote)
        {
            var c = source[at++];
            if (c == '\\' && at < source.Length) c = Unescape(source[at++]);
            text.Append(c);
        }
        if (at >= source.Length) throw new CelException("a text is not closed");
        at++;
        return new(CelTokenKind.Text, text.ToString());
    }

    private static char Unescape(char c) => c switch { 'n' => '\n', 't' => '\t', 'r' => '\r', _ => c };

    private static CelToken ReadSymbol(string source, ref int at)
    {
        var length = TwoCharacterSymbols.Contains(source.Substring(at, Math.Min(2, source.Length - at))) ? 2 : 1;
        var symbol = source.Substring(at, length);
        at += length;
        return new(CelTokenKind.Symbol, symbol);
    }
}

using Microsoft.AspNetCore.Http;

namespace LocalDapr.Runtime.Telemetry.Traces;

/// <summary>W3C baggage: told to the caller again, exactly as it came, and refused when it is none.</summary>
internal static class Baggage
{
    private const int MostMembers = 180;
    private const int MostBytes = 8192;
    private const int MostBytesOfMember = 4096;

    public static bool TryPass(IHeaderDictionary request, IHeaderDictionary response, out string why)
    {
        why = "";
        if (request.Baggage is not { Count: > 0 } given) return true;
        var baggage = string.Join(',', given.ToArray());
        if (baggage.Length == 0) return true;
        if (FaultOf(baggage) is not { } fault)
        {
            response.Baggage = baggage;
            return true;
        }
        why = fault;
        return false;
    }

    /// <summary>What is wrong with a baggage header; null when nothing is. Pure.</summary>
    internal static string? FaultOf(string baggage)
    {
        if (baggage.Length > MostBytes) return $"baggage-string too large: {baggage.Length}";
        var members = baggage.Split(',');
        if (members.Length > MostMembers) return $"too many list-members in baggage-string: {members.Length}";
        return members.Select(FaultOfMember).FirstOrDefault(fault => fault is not null);
    }

    private static string? FaultOfMember(string member)
    {
        if (member.Length > MostBytesOfMember) return $"invalid list-member: member too large: {member.Length}";
        var pair = member.Split(';')[0].Split('=', 2);
        if (pair.Length < 2) return $"invalid list-member: invalid baggage list-member: \"{member}\"";
        var (key, value) = (pair[0].Trim(' ', '\t'), pair[1].Trim(' ', '\t'));
        if (key.Length == 0 || !key.All(IsTokenCharacter)) return $"invalid list-member: invalid key: \"{key}\"";
        return value.All(IsValueCharacter) ? null : $"invalid list-member: invalid value: \"{value}\"";
    }

    private static bool IsTokenCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);

    private static bool IsValueCharacter(char c) => c is > ' ' and < (char)0x7F and not ('"' or ',' or ';' or '\\');
}

using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LocalDapr.Runtime.Actors;

/// <summary>Names one actor.</summary>
internal readonly record struct ActorKey(string Type, string Id)
{
    private const string ReservedPrefix = "dapr.internal.";

    private static readonly JsonSerializerOptions quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly SearchValues<char> forbidden = SearchValues.Create("#?\0/\\");

    private static readonly SearchValues<char> control = SearchValues.Create([.. Enumerable.Range(0, 32).Select(c => (char)c), '\u007f']);

    /// <summary>The actor of a call, after the rules for names.</summary>
    public static ActorKey Checked(string type, string id)
    {
        if (WhyNot(type) is { } wrongType) throw DaprErrors.ActorName($"invalid actorType: {wrongType}");
        if (WhyNot(id) is { } wrongId) throw DaprErrors.ActorName($"invalid actorId: {wrongId}");
        return new ActorKey(type, id);
    }

    /// <summary>The actor of a request for state, a reminder or a timer: types of the workflow engine are kept from these.</summary>
    public static ActorKey OfUser(string type, string id)
    {
        CheckUserType(type);
        return new ActorKey(type, id);
    }

    /// <summary>Refuses types of the workflow engine.</summary>
    public static void CheckUserType(string type)
    {
        if (type.StartsWith(ReservedPrefix, StringComparison.Ordinal)) throw DaprErrors.ActorTypeReserved(type);
    }

    /// <summary>Refuses the name of a reminder or timer that could not stand in a path.</summary>
    public static void CheckName(string name)
    {
        if (WhyNot(name) is { } wrong) throw DaprErrors.ActorName(wrong);
    }

    /// <summary>Why a name could not stand in a path; null when it can.</summary>
    public static string? WhyNot(string name)
    {
        if (name.AsSpan().ContainsAny(forbidden)) return $"name contains forbidden character: {Quoted(name)}";
        if (name.AsSpan().IndexOfAny(control) is >= 0 and var at)
            return $"name contains control character at position {Encoding.UTF8.GetByteCount(name.AsSpan(0, at))}: {Quoted(name)}";
        return name is "." or ".." ? $"name is a path traversal sequence: {Quoted(name)}" : null;
    }

    public override string ToString() => $"{Type}/{Id}";

    private static string Quoted(string name) => JsonSerializer.Serialize(name, quoting);
}

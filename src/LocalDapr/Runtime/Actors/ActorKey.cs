using System.Buffers;

namespace LocalDapr.Runtime.Actors;

/// <summary>Names one actor.</summary>
internal readonly record struct ActorKey(string Type, string Id)
{
    private const string ReservedPrefix = "dapr.internal.";

    private static readonly SearchValues<char> forbidden =
        SearchValues.Create([.. "#?/\\", .. Enumerable.Range(0, 32).Select(c => (char)c), '\u007f']);

    /// <summary>The actor of a request, after the rules for names.</summary>
    public static ActorKey Checked(string type, string id)
    {
        Check("actorType", type);
        Check("actorId", id);
        return new ActorKey(type, id);
    }

    /// <summary>As <see cref="Checked"/>, for routes that types of the workflow engine are kept from.</summary>
    public static ActorKey CheckedUser(string type, string id)
    {
        CheckUserType(type);
        return Checked(type, id);
    }

    /// <summary>Refuses types of the workflow engine.</summary>
    public static void CheckUserType(string type)
    {
        if (type.StartsWith(ReservedPrefix, StringComparison.Ordinal)) throw DaprErrors.ActorTypeReserved(type);
    }

    /// <summary>Refuses what could not stand in a path. The server leaves %2F encoded, so that counts as the slash it is.</summary>
    public static void Check(string what, string name)
    {
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny(forbidden)
            || name.Contains("%2F", StringComparison.OrdinalIgnoreCase))
            throw DaprErrors.ActorName(what, name);
    }

    public override string ToString() => $"{Type}/{Id}";
}

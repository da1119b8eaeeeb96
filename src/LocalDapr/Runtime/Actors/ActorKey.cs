using System.Text;

namespace LocalDapr.Runtime.Actors;

/// <summary>Names one actor.</summary>
internal readonly record struct ActorKey(string Type, string Id)
{
    private const string ReservedPrefix = "dapr.internal.";

    // Of the name a reminder has in the scheduler, which bounds it; daprd's own tests have 600 letters refused.
    private const int LongestReminder = 512;

    /// <summary>The actor of a call, after the rules for names.</summary>
    public static ActorKey Checked(string type, string id)
    {
        if (WhyNot(type) is { } wrongType) throw DaprErrors.ActorCallName($"invalid actorType: {wrongType}");
        if (WhyNot(id) is { } wrongId) throw DaprErrors.ActorCallName($"invalid actorId: {wrongId}");
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
    public static string? WhyNot(string name) =>
        ActorName.WhyNot("name", name, "#?\0/\\") ?? (name is "." or ".." ? $"name is a path traversal sequence: {GoQuoted.Of(name)}" : null);

    /// <summary>Why the scheduler takes no reminder of that name for the actor; null when it does.</summary>
    public string? WhyNoReminder(string name)
    {
        if ((WhyNot(Id) ?? WhyNot(name)) is { } wrong) return wrong;
        var length = Encoding.UTF8.GetByteCount($"actorreminder||default||{Type}||{Id}||{name}");
        return length > LongestReminder ? $"job name is too long: {length} bytes, of at most {LongestReminder}" : null;
    }

    public override string ToString() => $"{Type}/{Id}";
}

namespace LocalDapr.Engine.Turns;

/// <summary>
/// The start of a workflow in another app that nobody here waits for, until that app has it; or an activity, or a child in another app, that
/// its workflow ended without, until it is done. It is kept as an instance of its own, which no worker and no client sees: so it is durable
/// with the turn that wrote it, and outlives the end, the next generation or the purge of its sender.
/// </summary>
internal static class Letter
{
    /// <summary>Why no workflow is started under such an id.</summary>
    public const string Reserved = "instance IDs that begin with 'letter' between two U+0001 characters are reserved; choose another one";

    private const string Prefix = "\u0001letter\u0001";

    public static string NewId(string unique) => Prefix + unique;

    public static bool IsId(string instanceId) => instanceId.StartsWith(Prefix, StringComparison.Ordinal);
}

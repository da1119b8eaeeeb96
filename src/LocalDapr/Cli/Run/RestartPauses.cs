namespace LocalDapr.Cli.Run;

/// <summary>How long to wait before an app that ended is started again: longer each time, short again after a long life.</summary>
internal sealed class RestartPauses
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>An app that lived so long is well: its next end counts as the first.</summary>
    private static readonly TimeSpan LongLife = TimeSpan.FromMinutes(1);

    private TimeSpan _next = First;

    public TimeSpan After(TimeSpan life)
    {
        if (life >= LongLife) _next = First;
        var pause = _next;
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        return pause;
    }
}

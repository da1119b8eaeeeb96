using System.Diagnostics;

namespace LocalDapr.Runtime.Storage;

/// <summary>
/// For crash tests only: with LOCALDAPR_CRASH_BEFORE_COMMIT=n or LOCALDAPR_CRASH_AFTER_COMMIT=n the process kills itself when the writes of
/// its n-th transaction have run and none is on disk, or when they are on disk and nobody has been told.
/// </summary>
internal static class CrashPoint
{
    private static int _before = Read("LOCALDAPR_CRASH_BEFORE_COMMIT");
    private static int _after = Read("LOCALDAPR_CRASH_AFTER_COMMIT");

    public static void BeforeCommit() => Count(ref _before);

    public static void AfterCommit() => Count(ref _after);

    private static int Read(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), out var n) && n > 0 ? n : 0;

    private static void Count(ref int left)
    {
        if (left > 0 && Interlocked.Decrement(ref left) == 0) Process.GetCurrentProcess().Kill();
    }
}

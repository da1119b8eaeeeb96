using System.Diagnostics;
using System.Globalization;

namespace LocalDapr.Runtime.Storage;

/// <summary>
/// Names a holder of something in a file that processes share, so that the others can tell when its process has gone: a claim of a killed
/// process need not run out. A holder in another process namespace (a container) cannot be judged, and counts as alive.
/// </summary>
internal static class ProcessOwner
{
    private static readonly string Boot = Text("/proc/sys/kernel/random/boot_id");
    private static readonly string Space = new FileInfo("/proc/self/ns/pid").LinkTarget ?? "";

    public static string New() => New(Environment.ProcessId);

    /// <summary>True when the process of the owner has certainly ended.</summary>
    public static bool IsGone(string owner)
    {
        if (owner.Split('/') is not [var boot, var space, var pid, var born, _] || !int.TryParse(pid, out var id)) return false;
        if (boot != Boot) return true;
        return space == Space && BornAt(id) != born;
    }

    internal static string New(int pid) => $"{Boot}/{Space}/{pid}/{BornAt(pid)}/{Guid.NewGuid():n}";

    // A number of processes is used again; the time of birth tells them apart. Empty for no process.
    private static string BornAt(int pid)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // The name in parentheses may hold anything: field 22 is counted behind it. A zombie has ended.
                var fields = File.ReadAllText($"/proc/{pid}/stat").Split(") ", 2)[^1].Split(' ');
                return fields[0] is "Z" or "X" ? "" : fields[19];
            }
            using var process = Process.GetProcessById(pid);
            return process.StartTime.Ticks.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or ArgumentException or InvalidOperationException)
        {
            return "";
        }
    }

    private static string Text(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }
}

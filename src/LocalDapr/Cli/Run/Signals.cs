using System.Runtime.InteropServices;

namespace LocalDapr.Cli.Run;

/// <summary>POSIX signals, which the base class library sends only as SIGKILL.</summary>
internal static partial class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;

    /// <summary>A process that has gone already is no error.</summary>
    public static void Send(int pid, int signal) => _ = SendCore(pid, signal);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendCore(int pid, int signal);
}

/// <summary>A process and its descendants, from Linux's /proc; elsewhere the process alone.</summary>
internal static class ProcessTree
{
    public static IReadOnlyList<int> Of(int root)
    {
        var tree = new List<int> { root };
        for (var i = 0; i < tree.Count; i++)
            if (Children(tree[i]) is { } children)
                tree.AddRange(children);
        return tree;
    }

    private static IEnumerable<int>? Children(int pid)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{pid}/task")
                .SelectMany(task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(int.Parse);
        }
        catch (IOException)
        {
            return null;
        }
    }
}

using System.Diagnostics;

namespace MiniGrpc.Bench;

/// <summary>One workload, run for a while: how many, what CPU at both ends, what was allocated here.</summary>
internal static class Measurement
{
    public static async Task RunAsync(
        string name, string unit, string reference, Process server, Func<CancellationToken, Task<long>> workload)
    {
        using (var warm = new CancellationTokenSource(TimeSpan.FromSeconds(3)))
        {
            await workload(warm.Token);
        }

        var (ours, theirs) = (Process.GetCurrentProcess(), server);
        theirs.Refresh();
        var (cpuHere, cpuThere, allocated) = (ours.TotalProcessorTime, theirs.TotalProcessorTime, GC.GetTotalAllocatedBytes());
        var clock = Stopwatch.StartNew();
        using var time = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        var count = await workload(time.Token);
        var seconds = clock.Elapsed.TotalSeconds;
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        ours.Refresh();
        theirs.Refresh();
        var here = (ours.TotalProcessorTime - cpuHere).TotalMicroseconds / count;
        var there = (theirs.TotalProcessorTime - cpuThere).TotalMicroseconds / count;
        var cost = $"{here,7:F2} + {there,6:F2} us CPU {allocated / count,7:N0} B allocated";
        Console.WriteLine($"{name,-24} {count / seconds,12:N0} {unit,-10} {cost}   ({reference})");
    }
}

using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Runtime.Workflows;

/// <summary>
/// The right to run the workflows of an app that are kept in a file. Two engines over one task hub would both do all the work and write over
/// each other, so a second process is refused. The right is a lock of the operating system, which goes with the process.
/// </summary>
internal static class HubOwner
{
    private static readonly TimeSpan lookAgain = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(6);

    /// <summary>Waits a little, for a process that is just ending.</summary>
    /// <exception cref="StartupException">Another process has it.</exception>
    public static async Task<IDisposable> TakeAsync(string file, string appId, TimeProvider time, CancellationToken cancellation)
    {
        var path = $"{Path.GetFullPath(file)}.{Uri.EscapeDataString(appId)}.lock";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (var began = time.GetTimestamp(); ; await Task.Delay(lookAgain, time, cancellation))
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException error) when (File.Exists(path))
            {
                if (time.GetElapsedTime(began) < patience) continue;
                throw new StartupException(
                    $"the workflows and actors of app {appId} in {file} are in use by another process. Replicas of an app belong into one run file, "
                    + "so that one LocalDapr has them all; several processes on one store are daprd's business", error);
            }
        }
    }
}

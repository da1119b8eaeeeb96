namespace LocalDapr.Cli.Run;

/// <summary>'pid appId' of the host and then of every app, rewritten at each start, so that a supervisor can end what a killed host left.</summary>
internal sealed class PidFile(string? file)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _pids = new(StringComparer.Ordinal);

    public void Set(string appId, int pid)
    {
        if (file is null) return;
        lock (_lock)
        {
            _pids[appId] = pid;
            var lines = _pids.Select(p => $"{p.Value} {p.Key}").Prepend($"{Environment.ProcessId} localdapr");
            // Renamed into place: a reader never sees half a file.
            File.WriteAllLines($"{file}.new", lines);
            File.Move($"{file}.new", file, overwrite: true);
        }
    }

    public void Remove()
    {
        if (file is not null) File.Delete(file);
    }
}

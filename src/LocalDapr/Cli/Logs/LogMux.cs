namespace LocalDapr.Cli.Logs;

/// <summary>Many writers on one console, a line at a time, each with its name in front, coloured when a person watches.</summary>
internal sealed class LogMux(IReadOnlyList<string> names) : IDisposable
{
    private static readonly int[] Colours = [36, 32, 35, 33, 34, 96, 92, 95];

    private readonly Lock _lock = new();
    private readonly TextWriter _out = Console.Out;
    private readonly bool _colour = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
    private readonly int _width = Math.Max(9, names.Max(n => n.Length));
    private readonly Dictionary<string, StreamWriter> _files = new(StringComparer.Ordinal);

    /// <summary>A line of an app or of its sidecar, to the places its run file names.</summary>
    public void Write(string name, string kind, string line, string destination = "console", string? folder = null)
    {
        lock (_lock)
        {
            if (destination != "file") _out.WriteLine($"{Prefix(name)}{line}");
            if (destination != "console") File(name, kind, folder!).WriteLine(line);
        }
    }

    public void Dispose()
    {
        lock (_lock)
            foreach (var file in _files.Values)
                file.Dispose();
    }

    private string Prefix(string name)
    {
        var label = name.PadRight(_width);
        if (!_colour) return $"{label} | ";
        var index = names.ToList().IndexOf(name);
        return $"\e[{(index < 0 ? 90 : Colours[index % Colours.Length])}m{label} |\e[0m ";
    }

    // As dapr names them: {folder}/.dapr/logs/{appId}_{app|daprd}_{time}.log.
    private StreamWriter File(string name, string kind, string folder)
    {
        var key = $"{name}_{kind}";
        if (_files.TryGetValue(key, out var file)) return file;
        var logs = Directory.CreateDirectory(Path.Combine(folder, ".dapr", "logs"));
        file = new StreamWriter(Path.Combine(logs.FullName, $"{key}_{DateTimeOffset.UtcNow:yyyyMMddHHmmss}.log")) { AutoFlush = true };
        return _files[key] = file;
    }
}

using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Cli.Inspect;

/// <summary>Words and switches of a command line, in any order: <c>--name value</c>, <c>--name=value</c>, or a switch alone.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly List<string> _words = [];

    /// <exception cref="StartupException">A switch that is not known, or one without its value.</exception>
    public Arguments(IReadOnlyList<string> args, string[] values, string[] switches)
    {
        for (var i = 0; i < args.Count; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                _words.Add(args[i]);
                continue;
            }

            var (name, inline) = args[i][2..].Split('=', 2) is [var n, var v] ? (n, v) : (args[i][2..], null);
            if (switches.Contains(name)) _values[name] = inline ?? "true";
            else if (!values.Contains(name)) throw new StartupException($"there is no switch --{name} here");
            else _values[name] = inline ?? (++i < args.Count ? args[i] : throw new StartupException($"--{name} needs a value"));
        }
    }

    public IReadOnlyList<string> Words => _words;

    public string? Text(string name) => _values.GetValueOrDefault(name);

    public bool Has(string name) => _values.GetValueOrDefault(name) == "true";

    public int? Number(string name) => Text(name) is not { } text ? null
        : int.TryParse(text, out var number) && number >= 0 ? number : throw new StartupException($"--{name}: '{text}' is no number");

    public string Word(int index, string what) => index < _words.Count ? _words[index] : throw new StartupException($"{what} is missing");
}

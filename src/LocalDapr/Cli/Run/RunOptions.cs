using LocalDapr.Runtime.Hosting;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Cli.Run;

/// <summary>The switches of <c>localdapr run</c>.</summary>
internal sealed record RunOptions(string File)
{
    public const string Help = """
        localdapr run -f dapr.yaml [switches]

          -f, --run-file FILE        the run file, or a folder that holds dapr.yaml
          --no-restart               an app that ends by itself stays down and ends the run
          --free-app-ports           give every app a free port instead of its appPort (it learns it from APP_PORT)
          --pid-file FILE            write 'pid appId' of the host and every app, to end them from outside
          --graceful-seconds N       how long apps may take to stop (5)
          --log-level LEVEL          debug, info, warn or error: of the sidecars (info)
        """;

    public bool Restart { get; init; } = true;

    public bool FreeAppPorts { get; init; }

    public string? PidFile { get; init; }

    public TimeSpan Graceful { get; init; } = TimeSpan.FromSeconds(5);

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public static RunOptions Parse(IReadOnlyList<string> args)
    {
        var options = new RunOptions("dapr.yaml");
        for (var i = 0; i < args.Count; i++)
        {
            var (name, inline) = args[i].Split('=', 2) is [var n, var v] ? (n, v) : (args[i], null);
            string Value() => inline ?? (++i < args.Count ? args[i] : throw new StartupException($"{name} needs a value"));
            options = name switch
            {
                "-f" or "--run-file" => options with { File = Value() },
                "--no-restart" => options with { Restart = false },
                "--free-app-ports" => options with { FreeAppPorts = true },
                "--pid-file" => options with { PidFile = Value() },
                "--graceful-seconds" => options with { Graceful = TimeSpan.FromSeconds(Seconds(Value())) },
                "--log-level" => options with { LogLevel = Logs.ConsoleLog.Parse(Value()) },
                _ => throw new StartupException($"localdapr run has no switch {name}.{Environment.NewLine}{Help}"),
            };
        }
        return options;
    }

    private static int Seconds(string text) => int.TryParse(text, out var seconds) && seconds >= 0 ? seconds : throw new StartupException($"'{text}' is no number of seconds");
}

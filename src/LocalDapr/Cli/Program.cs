using LocalDapr.Cli.Inspect;
using LocalDapr.Cli.Run;
using LocalDapr.Cli.SidecarCommand;
using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Cli;

internal static class Program
{
    private const string Usage = """
        localdapr: an embedded Dapr runtime for one machine.

          localdapr run -f dapr.yaml     start every app of a run file with its sidecar, all sidecars in this process
          localdapr sidecar FLAGS        one sidecar, with the flags of daprd
          localdapr workflow VERB ...    list, show, history, terminate, purge, rerun: workflows of a running app
          localdapr actors ...           actors of a running app
          localdapr version

        Each with --help tells more.
        """;

    public static async Task<int> Main(string[] args)
    {
        try
        {
            switch (args.FirstOrDefault())
            {
                case "run":
                    return await RunApps.ExecuteAsync(args[1..]);
                case "sidecar":
                    return await RunSidecar.ExecuteAsync(args[1..]);
                case "workflow":
                    return await WorkflowCommand.ExecuteAsync(args[1..], Console.Out);
                case "actors":
                    return await ActorsCommand.ExecuteAsync(args[1..], Console.Out);
                case "version" or "--version" or "-version":
                    Console.WriteLine(RuntimeHost.RuntimeVersion);
                    return 0;
                case null or "help" or "--help" or "-h":
                    Console.WriteLine(Usage);
                    return args.Length == 0 ? 2 : 0;
                default:
                    await Console.Error.WriteLineAsync($"localdapr: '{args[0]}' is no command.{Environment.NewLine}{Usage}");
                    return 2;
            }
        }
        catch (StartupException error)
        {
            await Console.Error.WriteLineAsync($"localdapr: {error.Message}");
            return 1;
        }
    }
}

namespace DaprOrders.Shoppers;

internal sealed record Arguments(string Command, string Target, string? Orders, int? Count, int Seed, int Parallel, string Run)
{
    public static Arguments Parse(string[] args)
    {
        var options = new Dictionary<string, string>();
        for (var i = 2; i + 1 < args.Length; i += 2) options[args[i]] = args[i + 1];
        string? Text(string name) => options.GetValueOrDefault(name);
        int? Number(string name) => Text(name) is { } text ? int.Parse(text) : null;
        return args.Length < 2
            ? new Arguments("help", "", null, null, 0, 0, "")
            : new Arguments(args[0], args[1], Text("--orders"), Number("--count"), Number("--seed") ?? 20261125, Number("--parallel") ?? 64, Text("--run") ?? "demo");
    }
}

namespace DaprOrders.Shoppers;

internal sealed record Arguments(string Command, string Target, string? Orders, int? Count, int Seed, int Parallel, string Run)
{
    /// <summary>Bearer tokens for a shop whose issuer is not the development one.</summary>
    public string? CustomerToken { get; init; }

    public string? OperatorToken { get; init; }

    public string PaymentToken { get; init; } = "tok_visa_ok";

    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    public static Arguments Parse(string[] args)
    {
        var options = new Dictionary<string, string>();
        for (var i = 2; i + 1 < args.Length; i += 2) options[args[i]] = args[i + 1];
        string? Text(string name) => options.GetValueOrDefault(name);
        int? Number(string name) => Text(name) is { } text ? int.Parse(text) : null;
        return args.Length < 2
            ? new Arguments("help", "", null, null, 0, 0, "")
            : new Arguments(args[0], args[1], Text("--orders"), Number("--count"), Number("--seed") ?? 20261125, Number("--parallel") ?? 64, Text("--run") ?? "demo")
            {
                CustomerToken = Environment.GetEnvironmentVariable("CUSTOMER_TOKEN"), OperatorToken = Environment.GetEnvironmentVariable("OPERATOR_TOKEN"),
                PaymentToken = Text("--payment-token") ?? "tok_visa_ok", Patience = TimeSpan.FromSeconds(Number("--seconds") ?? 120),
            };
    }
}

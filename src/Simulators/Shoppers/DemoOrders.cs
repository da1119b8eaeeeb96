using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DaprOrders.Shoppers;

/// <summary>Makes data/demo-orders.jsonl: the same seed gives the same file, byte for byte.</summary>
internal static class DemoOrders
{
    private static readonly (string Token, int Weight)[] Tokens =
    [
        ("tok_visa_ok", 880), ("tok_declined", 30), ("tok_insufficient_funds", 25), ("tok_flaky", 25), ("tok_lost_reply", 20), ("tok_capture_fails", 15), ("tok_slow", 5),
    ];

    public static void Write(string path, int count, int seed, int skus = 200)
    {
        var random = new Random(seed);
        var popularity = Enumerable.Range(1, skus).Select(rank => 1.0 / Math.Pow(rank, 0.9)).ToArray(); // Zipf: a few SKUs carry most orders
        using var file = new StreamWriter(path, false, new UTF8Encoding(false)) { NewLine = "\n" };
        for (var i = 0; i < count; i++)
        {
            var lines = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Pick(popularity, random)).Distinct()
                .Select(rank => new { sku = Sku(rank), quantity = 1 + random.Next(3) });
            var order = new { items = lines, paymentToken = Token(random), currency = "EUR" };
            file.WriteLine(JsonSerializer.Serialize(order));
        }
    }

    public static string Sku(int rank) => string.Create(CultureInfo.InvariantCulture, $"sku-{rank + 1:000}");

    /// <summary>Every 20th SKU is short: it runs out while the demo is on.</summary>
    public static int InitialStock(int rank) => rank % 20 == 19 ? 5 : 100_000;

    private static int Pick(double[] weights, Random random)
    {
        var at = random.NextDouble() * weights.Sum();
        for (var i = 0; i < weights.Length; i++)
        {
            at -= weights[i];
            if (at <= 0) return i;
        }

        return weights.Length - 1;
    }

    private static string Token(Random random)
    {
        var at = random.Next(Tokens.Sum(token => token.Weight));
        foreach (var (token, weight) in Tokens)
        {
            at -= weight;
            if (at < 0) return token;
        }

        return Tokens[0].Token;
    }
}

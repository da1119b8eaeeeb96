using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Cli.SidecarCommand;

/// <summary>Sizes as Kubernetes writes them: 4Mi, 500k, 1048576.</summary>
internal static class ByteSize
{
    private static readonly (string Suffix, long Factor)[] Units =
        [("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30), ("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("", 1)];

    public static long Parse(string text)
    {
        var (suffix, factor) = Units.First(unit => text.EndsWith(unit.Suffix, StringComparison.Ordinal));
        return decimal.TryParse(text.AsSpan(0, text.Length - suffix.Length), out var number)
            ? (long)(number * factor)
            : throw new StartupException($"'{text}' is no size (4Mi, 500k, 1048576)");
    }
}

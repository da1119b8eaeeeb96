using Microsoft.Extensions.Options;

namespace Dapr.Workflow.Versioning;

/// <summary>What the strategies have in common.</summary>
internal static class Versions
{
    /// <summary>The options of the name that the context gives, or <paramref name="present"/> where there are none to be had.</summary>
    public static TOptions OptionsOf<TOptions>(IOptionsMonitor<TOptions>? monitor, WorkflowVersionStrategyContext context, TOptions present)
        where TOptions : class =>
        monitor is null ? present : monitor.Get(string.IsNullOrWhiteSpace(context.OptionsName) ? Options.DefaultName : context.OptionsName);

    /// <summary>Nothing comes before all, what is no version before those that are, and by its letters among its like.</summary>
    public static int Compare<T>(string? one, string? other, Func<string, T?> parse)
        where T : struct, IComparable<T> => (one, other) switch
    {
        (null, null) => 0,
        (null, _) => -1,
        (_, null) => 1,
        _ => (parse(one), parse(other)) switch
        {
            (null, null) => StringComparer.Ordinal.Compare(one, other),
            var (first, second) => Nullable.Compare(first, second),
        },
    };
}

using System.Globalization;
using Microsoft.Extensions.Options;

namespace Dapr.Workflow.Versioning;

/// <summary>Semantic versions behind a prefix at the end of the name: OrderSagav1.2.0 is version 1.2.0 of OrderSaga.</summary>
public sealed class SemVerVersionStrategy(IOptionsMonitor<SemVerVersionStrategyOptions>? optionsMonitor = null)
    : IWorkflowVersionStrategy, IWorkflowVersionStrategyContextConsumer
{
    private SemVerVersionStrategyOptions _options = new();

    /// <inheritdoc/>
    public void Configure(WorkflowVersionStrategyContext context) => _options = Versions.OptionsOf(optionsMonitor, context, _options);

    /// <inheritdoc/>
    public bool TryParse(string typeName, out string canonicalName, out string version)
    {
        (canonicalName, version) = (string.Empty, string.Empty);
        if (string.IsNullOrWhiteSpace(typeName))
        {
            return false;
        }

        var prefix = _options.Prefix ?? string.Empty;
        var comparison = _options.IgnorePrefixCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        var at = prefix.Length > 0 ? typeName.LastIndexOf(prefix, comparison) : Tail(typeName);
        var said = at < 0 ? string.Empty : typeName[(at + prefix.Length)..];
        var isVersion = Parts.Of(said, _options) is not null;

        // A prefix promises a version; without one, any end of a name may be no version at all.
        if (isVersion || (prefix.Length > 0 && at >= 0))
        {
            (canonicalName, version) = isVersion ? (typeName[..at], said) : (string.Empty, string.Empty);
            return canonicalName.Length > 0;
        }

        if (!_options.AllowNoSuffix)
        {
            return false;
        }

        (canonicalName, version) = (typeName, string.IsNullOrWhiteSpace(_options.DefaultVersion) ? "0.0.0" : _options.DefaultVersion);
        return true;
    }

    /// <inheritdoc/>
    public int Compare(string? v1, string? v2) => Versions.Compare(v1, v2, text => Parts.Of(text.Trim(), _options));

    private static int Tail(string name)
    {
        var at = name.Length;
        while (at > 0 && (char.IsAsciiLetterOrDigit(name[at - 1]) || name[at - 1] is '.' or '-' or '+'))
        {
            at--;
        }

        return at < name.Length ? at : -1;
    }

    /// <summary>Three numbers, and what comes before their release; build metadata has no rank.</summary>
    private readonly record struct Parts(int Major, int Minor, int Patch, string[] Prerelease) : IComparable<Parts>
    {
        public static Parts? Of(string text, SemVerVersionStrategyOptions options)
        {
            var build = text.IndexOf('+', StringComparison.Ordinal);
            var rest = build < 0 ? text : text[..build];
            var dash = rest.IndexOf('-', StringComparison.Ordinal);
            if ((build >= 0 && !options.AllowBuildMetadata) || (dash >= 0 && !options.AllowPrerelease))
            {
                return null;
            }

            var prerelease = dash < 0 || dash + 1 == rest.Length ? [] : rest[(dash + 1)..].Split('.');
            return (dash < 0 ? rest : rest[..dash]).Split('.') is [var major, var minor, var patch]
                && Number(major) is { } first && Number(minor) is { } second && Number(patch) is { } third
                ? new Parts(first, second, third, prerelease)
                : null;
        }

        public int CompareTo(Parts other)
        {
            var core = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
            if (core != 0 || Prerelease.Length == 0 || other.Prerelease.Length == 0)
            {
                return core != 0 ? core : other.Prerelease.Length.CompareTo(Prerelease.Length);
            }

            return Prerelease.Zip(other.Prerelease, CompareLabels).FirstOrDefault(order => order != 0) is var order and not 0
                ? order
                : Prerelease.Length.CompareTo(other.Prerelease.Length);
        }

        // Numbers come before words.
        private static int CompareLabels(string one, string other) => (Number(one), Number(other)) switch
        {
            ({ } first, { } second) => first.CompareTo(second),
            (null, null) => StringComparer.Ordinal.Compare(one, other),
            var (first, _) => first is null ? 1 : -1,
        };

        private static int? Number(string text) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}

/// <summary>The form of semantic versions.</summary>
public sealed class SemVerVersionStrategyOptions
{
    /// <summary>What stands before the version; empty is nothing.</summary>
    public string Prefix { get; set; } = "v";

    /// <summary>Whether the prefix may be in any letter case.</summary>
    public bool IgnorePrefixCase { get; set; }

    /// <summary>Whether versions may be early ones, such as 1.0.0-alpha.1.</summary>
    public bool AllowPrerelease { get; set; } = true;

    /// <summary>Whether versions may name their build, such as 1.0.0+7.</summary>
    public bool AllowBuildMetadata { get; set; } = true;

    /// <summary>Whether a name without a version is one, <see cref="DefaultVersion"/>.</summary>
    public bool AllowNoSuffix { get; set; }

    /// <summary>The version of a name without one.</summary>
    public string DefaultVersion { get; set; } = "0.0.0";
}

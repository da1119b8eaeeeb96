using System.Globalization;
using Microsoft.Extensions.Options;

namespace Dapr.Workflow.Versioning;

/// <summary>Numbers behind a prefix at the end of the name: OrderSagaV3 is version 3 of OrderSaga.</summary>
public sealed class NumericVersionStrategy(IOptionsMonitor<NumericVersionStrategyOptions>? optionsMonitor = null)
    : IWorkflowVersionStrategy, IWorkflowVersionStrategyContextConsumer
{
    private NumericVersionStrategyOptions _options = new();

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

        var prefix = _options.SuffixPrefix ?? string.Empty;
        var comparison = _options.IgnorePrefixCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        var name = typeName.TrimEnd("0123456789".ToCharArray());
        var digits = typeName[name.Length..];
        if (digits.Length == 0)
        {
            (canonicalName, version) = (typeName, string.IsNullOrWhiteSpace(_options.DefaultVersion) ? "0" : _options.DefaultVersion);
            return _options.AllowNoSuffix && (prefix.Length == 0 || !typeName.EndsWith(prefix, comparison));
        }

        (canonicalName, version) = (name.Length > prefix.Length ? name[..^prefix.Length] : string.Empty, digits);
        return canonicalName.Length > 0 && name.EndsWith(prefix, comparison)
            && !(_options.ZeroPad && _options.Width > 0 && digits.Length != _options.Width);
    }

    /// <inheritdoc/>
    public int Compare(string? v1, string? v2) => Versions.Compare(v1?.Trim(), v2?.Trim(), Number);

    private static long? Number(string version) =>
        long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>The form of numeric versions.</summary>
public sealed class NumericVersionStrategyOptions
{
    /// <summary>What stands before the number.</summary>
    public string SuffixPrefix { get; set; } = "V";

    /// <summary>Whether the prefix may be in any letter case.</summary>
    public bool IgnorePrefixCase { get; set; }

    /// <summary>Whether a name without a number is a version, <see cref="DefaultVersion"/>.</summary>
    public bool AllowNoSuffix { get; set; } = true;

    /// <summary>Whether numbers must have <see cref="Width"/> digits.</summary>
    public bool ZeroPad { get; set; }

    /// <summary>The digits of a number, with <see cref="ZeroPad"/>.</summary>
    public int Width { get; set; } = 4;

    /// <summary>The version of a name without a number.</summary>
    public string DefaultVersion { get; set; } = "0";
}

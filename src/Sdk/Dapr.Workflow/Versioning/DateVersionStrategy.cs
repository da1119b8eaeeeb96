using System.Globalization;
using Microsoft.Extensions.Options;

namespace Dapr.Workflow.Versioning;

/// <summary>Dates at the end of the name: OrderSaga20260401 is OrderSaga as of the first of April.</summary>
public sealed class DateVersionStrategy(IOptionsMonitor<DateVersionStrategyOptions>? optionsMonitor = null)
    : IWorkflowVersionStrategy, IWorkflowVersionStrategyContextConsumer
{
    private DateVersionStrategyOptions _options = new();

    private string Format => string.IsNullOrWhiteSpace(_options.DateFormat) ? "yyyyMMdd" : _options.DateFormat;

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
        var length = DateTime.UnixEpoch.ToString(Format, CultureInfo.InvariantCulture).Length;
        if (typeName.Length <= length + prefix.Length || Date(typeName[^length..]) is null)
        {
            (canonicalName, version) = (typeName, string.IsNullOrWhiteSpace(_options.DefaultVersion) ? "0" : _options.DefaultVersion);
            return _options.AllowNoSuffix && (prefix.Length == 0 || !typeName.EndsWith(prefix, comparison));
        }

        var name = typeName[..^length];
        (canonicalName, version) = (name[..^prefix.Length], typeName[^length..]);
        return name.EndsWith(prefix, comparison);
    }

    /// <inheritdoc/>
    public int Compare(string? v1, string? v2) => Versions.Compare(v1, v2, text => Date(text.Trim()));

    private DateTime? Date(string text) =>
        DateTime.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;
}

/// <summary>The form of dates as versions.</summary>
public sealed class DateVersionStrategyOptions
{
    /// <summary>A format of .NET for dates, of one length.</summary>
    public string DateFormat { get; set; } = "yyyyMMdd";

    /// <summary>What stands before the date.</summary>
    public string Prefix { get; set; } = string.Empty;

    /// <summary>Whether the prefix may be in any letter case.</summary>
    public bool IgnorePrefixCase { get; set; }

    /// <summary>Whether a name without a date is a version, <see cref="DefaultVersion"/>.</summary>
    public bool AllowNoSuffix { get; set; }

    /// <summary>The version of a name without a date.</summary>
    public string DefaultVersion { get; set; } = "0";
}

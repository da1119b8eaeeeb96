using System.Globalization;
using System.Text.Json.Nodes;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Runtime.Telemetry.Traces;

/// <summary>
/// What <c>spec.tracing</c> of the Configuration and the variables <c>OTEL_EXPORTER_OTLP_…</c> say. The Configuration's endpoint wins over
/// the variables'. Pure.
/// </summary>
internal sealed record TracingSettings
{
    /// <summary>daprd's rate where spans go somewhere and no rate is given.</summary>
    private const double RareByDefault = 1e-4;

    /// <summary>The share of traces begun here that is recorded; null when no span is begun at all. One that comes in decides for itself.</summary>
    public double? Rate { get; private init; }

    /// <summary>False only for a sampling rate of zero: then headers of traces are not even looked at.</summary>
    public bool IsOn { get; private init; }

    /// <summary>Spans are written to the log.</summary>
    public bool Stdout { get; private init; }

    /// <summary>Where spans are sent; null when nobody collects them.</summary>
    public OtlpTarget? Otlp { get; private init; }

    /// <summary>A kind of collector that is not served here.</summary>
    public bool AsksForZipkin { get; private init; }

    /// <summary>Throws <see cref="StartupException"/> for a protocol that does not exist.</summary>
    public static TracingSettings Read(JsonObject spec, Func<string, string?> variable)
    {
        var tracing = spec["tracing"].Object();
        var asked = tracing?["samplingRate"].Text() ?? "";
        var otlp = OtlpTarget.Read(tracing?["otel"].Object(), variable);
        if (otlp is { IsOfVariables: true } && asked.Length == 0) asked = "1";
        var rate = double.TryParse(asked, CultureInfo.InvariantCulture, out var number) ? number : RareByDefault;
        var stdout = tracing?["stdout"].Text() == "true";
        return new TracingSettings
        {
            IsOn = rate != 0,
            Rate = rate != 0 && (asked.Length > 0 || stdout || otlp is not null) ? rate : null,
            Stdout = stdout,
            Otlp = otlp,
            AsksForZipkin = tracing?["zipkin"].Object()?["endpointAddress"].Text() is { Length: > 0 },
        };
    }
}

/// <summary>A collector that speaks OTLP.</summary>
internal sealed record OtlpTarget(Uri Endpoint, bool IsGrpc)
{
    private const string TracesPath = "/v1/traces";

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; private init; } = [];

    public TimeSpan? Timeout { get; private init; }

    /// <summary>True when the variables name it, not the Configuration.</summary>
    public bool IsOfVariables { get; private init; }

    public static OtlpTarget? Read(JsonObject? otel, Func<string, string?> variable)
    {
        var address = otel?["endpointAddress"].Text() ?? "";
        if (address.Length > 0)
        {
            var protocol = otel!["protocol"].Text() ?? "";
            if (protocol.Length == 0) return null;
            if (protocol is not ("http" or "grpc")) throw new StartupException($"invalid protocol {protocol} provided for Otel endpoint");
            return Of(address, otel["isSecure"].Text() != "false", protocol == "grpc") with
            {
                Headers = [.. HeadersOf(otel), .. HeadersOf(variable)],
                Timeout = otel["timeout"].Text() is { Length: > 0 } text && GoDuration.TryParse(text, out var timeout) ? timeout : TimeoutOf(variable),
            };
        }
        if (Variable(variable, "ENDPOINT") is not { } given) return null;
        // daprd forgets the scheme and would speak TLS to http://…; here the scheme counts where there is one.
        var secure = !given.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && variable("OTEL_EXPORTER_OTLP_INSECURE") != "true";
        return Of(given, secure, Variable(variable, "PROTOCOL")?.StartsWith("http", StringComparison.Ordinal) != true) with
        {
            Headers = HeadersOf(variable),
            Timeout = TimeoutOf(variable),
            IsOfVariables = true,
        };
    }

    private static OtlpTarget Of(string address, bool secure, bool grpc)
    {
        var scheme = address.IndexOf("://", StringComparison.Ordinal);
        var place = (scheme < 0 ? address : address[(scheme + 3)..]).TrimEnd('/');
        if (!grpc && !place.EndsWith(TracesPath, StringComparison.Ordinal)) place += TracesPath;
        return Uri.TryCreate($"{(secure ? "https" : "http")}://{place}", UriKind.Absolute, out var endpoint)
            ? new OtlpTarget(endpoint, grpc)
            : throw new StartupException($"tracing: '{address}' is no address of a collector");
    }

    // The variable for traces alone wins over the one for all signals.
    private static string? Variable(Func<string, string?> variable, string name) =>
        variable($"OTEL_EXPORTER_OTLP_TRACES_{name}") is { Length: > 0 } own ? own
        : variable($"OTEL_EXPORTER_OTLP_{name}") is { Length: > 0 } shared ? shared : null;

    private static IEnumerable<KeyValuePair<string, string>> HeadersOf(JsonObject otel)
    {
        foreach (var header in otel["headers"].Objects()) yield return new(header["name"].Text() ?? "", header["value"].Text() ?? "");
        foreach (var text in otel["headers"].Texts())
            if (text.Split('=', 2) is [var name, var value])
                yield return new(name, value);
    }

    private static IReadOnlyList<KeyValuePair<string, string>> HeadersOf(Func<string, string?> variable) =>
    [
        .. (Variable(variable, "HEADERS") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2)).Where(pair => pair.Length == 2)
            .Select(pair => new KeyValuePair<string, string>(pair[0].Trim(), Uri.UnescapeDataString(pair[1].Trim()))),
    ];

    private static TimeSpan? TimeoutOf(Func<string, string?> variable) =>
        int.TryParse(Variable(variable, "TIMEOUT"), CultureInfo.InvariantCulture, out var ms) && ms > 0 ? TimeSpan.FromMilliseconds(ms) : null;
}

using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Charts.Tests.Rendering;

namespace Charts.Tests.Rules;

/// <summary>What a real API server refuses though the types are right: the forms of names, labels and quantities, and fields that must fit each other.</summary>
internal static partial class ApiServerRules
{
    public static IReadOnlyDictionary<string, Func<JsonNode, IEnumerable<string>>> All { get; } = new Dictionary<string, Func<JsonNode, IEnumerable<string>>>
    {
        ["names"] = o => Dns1123().IsMatch(o.Text("metadata.name")!) && (o.Text("kind") != "Service" || Dns1035().IsMatch(o.Text("metadata.name")!)) ? [] : [o.Text("metadata.name")!],
        ["labels"] = o => Maps(o, "labels").SelectMany(map => map.Where(l => !Key().IsMatch(l.Key) || l.Value is not JsonValue v || !v.TryGetValue<string>(out var text) || !Label().IsMatch(text))
            .Select(l => $"{l.Key}={l.Value}")),
        ["annotations"] = o => Maps(o, "annotations").SelectMany(map => map.Where(a => !Key().IsMatch(a.Key) || a.Value is not JsonValue v || !v.TryGetValue<string>(out _)).Select(a => $"{a.Key}={a.Value}")),
        ["port names"] = o => Containers(o).SelectMany(c => c.List("ports")).Concat(o.Text("kind") == "Service" ? o.List("spec.ports") : [])
            .Where(p => !PortName().IsMatch(p.Text("name")!) || p.Text("name")!.Length > 15).Select(p => p.Text("name")!),
        ["unique container ports, mounts and variables"] = o => Containers(o).SelectMany(c => Twice(c.List("ports").Select(p => p.Text("name")!))
            .Concat(Twice(c.List("volumeMounts").Select(m => m.Text("mountPath")!))).Concat(Twice(c.List("env").Select(e => e.Text("name")!)))),
        ["variables as text"] = o => Containers(o).SelectMany(c => c.List("env")).Where(e => e.At("value") is JsonValue v && !v.TryGetValue<string>(out _)).Select(e => e.Text("name")!),
        ["requests within limits"] = o => Containers(o).SelectMany(c => new[] { "cpu", "memory" }.Where(r => Quantity(c.Text($"resources.limits.{r}")) is { } limit
            && Quantity(c.Text($"resources.requests.{r}")) > limit).Select(r => $"{c.Text("name")} {r}")),
        ["quantities"] = o => Containers(o).SelectMany(c => new[] { "requests", "limits" }.SelectMany(r => c.At($"resources.{r}")?.AsObject() ?? []))
            .Where(q => q.Value is null || !QuantityText().IsMatch(q.Value.ToString())).Select(q => $"{q.Key}={q.Value}"),
        ["probes"] = o => Containers(o).SelectMany(c => new[] { "startupProbe", "readinessProbe", "livenessProbe" }.Where(p => c.At(p) is not null
            && (c.Number($"{p}.periodSeconds") < 1 || c.Number($"{p}.timeoutSeconds") < 1 || c.Number($"{p}.failureThreshold") < 1))),
        ["preStop within the grace period"] = o => Containers(o).Where(c => c.At("lifecycle.preStop.sleep") is not null
            && c.Number("lifecycle.preStop.sleep.seconds") > Pod(o).Number("terminationGracePeriodSeconds")).Select(c => c.Text("name")!),
        ["jobs never restart in place"] = o => o.Text("kind") is "Job" or "Pod" && Pod(o).Text("restartPolicy") != "Never" ? ["restartPolicy"] : [],
        ["network ranges"] = o => o.List("spec.egress").SelectMany(r => r.List("to")).Concat(o.List("spec.ingress").SelectMany(r => r.List("from"))).Select(p => p.At("ipBlock")).OfType<JsonNode>()
            .Where(b => b.List("except").Any(e => !Within(e.ToString(), b.Text("cidr")!))).Select(b => b.ToJsonString()),
        ["scalers"] = o => o.Text("kind") == "HorizontalPodAutoscaler" && o.Number("spec.minReplicas") > o.Number("spec.maxReplicas") ? ["minReplicas"] : [],
        ["secrets in base64"] = o => o.Text("kind") == "Secret" ? (o.At("data")?.AsObject() ?? []).Where(d => !Convert.TryFromBase64String(d.Value!.ToString(), new byte[8192], out _)).Select(d => d.Key) : [],
        ["config maps below 1 MiB"] = o => o.Text("kind") == "ConfigMap" && o.ToJsonString().Length > 1_000_000 ? ["too large"] : [],
        ["annotations below 256 KiB"] = o => Maps(o, "annotations").Where(map => map.ToJsonString().Length > 262_144).Select(_ => "too large"),
    };

    private static JsonNode? Pod(JsonNode o) => o.Text("kind") == "Pod" ? o.At("spec") : o.At("spec.template.spec");

    private static IEnumerable<JsonNode> Containers(JsonNode o) => Pod(o).List("containers");

    private static IEnumerable<JsonObject> Maps(JsonNode o, string name) => new[] { o.At($"metadata.{name}"), o.At($"spec.template.metadata.{name}") }.OfType<JsonObject>();

    private static IEnumerable<string> Twice(IEnumerable<string> names) => names.GroupBy(n => n).Where(g => g.Count() > 1).Select(g => g.Key);

    private static double? Quantity(string? text) => text is null || QuantityText().Match(text) is not { Success: true } match ? null
        : double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * match.Groups[2].Value switch
        {
            "m" => 0.001, "" => 1, "k" => 1e3, "M" => 1e6, "G" => 1e9, "T" => 1e12, "Ki" => 1024, "Mi" => 1024 * 1024, "Gi" => 1024.0 * 1024 * 1024, _ => 1024.0 * 1024 * 1024 * 1024,
        };

    private static bool Within(string inner, string outer) => IPNetwork.TryParse(inner, out var small) && IPNetwork.TryParse(outer, out var large)
        && small.BaseAddress.AddressFamily == large.BaseAddress.AddressFamily && small.PrefixLength > large.PrefixLength && large.Contains(small.BaseAddress);

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$")]
    private static partial Regex Dns1123();

    [GeneratedRegex(@"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")]
    private static partial Regex Dns1035();

    [GeneratedRegex(@"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")]
    private static partial Regex Key();

    [GeneratedRegex(@"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")]
    private static partial Regex Label();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex PortName();

    [GeneratedRegex("^([0-9.]+)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$")]
    private static partial Regex QuantityText();
}

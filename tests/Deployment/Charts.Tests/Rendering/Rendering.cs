using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Xunit;

namespace Charts.Tests.Rendering;

/// <summary>What the chart makes of one value file: the objects, with short ways into them.</summary>
internal sealed class Rendered(string name, string text)
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<Rendered>>> Cache = new();

    public string Name { get; } = name;

    public string Text { get; } = text;

    public IReadOnlyList<JsonNode> Objects { get; } = Yaml.Documents(text);

    /// <summary>The value files of the matrix: none, the production example, and every file of Values/.</summary>
    public static IReadOnlyList<string> Matrix { get; } =
        ["default", "production", .. Directory.GetFiles(Path.Combine(Checkout.Tests, "Values"), "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)];

    public static TheoryData<string> MatrixData => [.. Matrix];

    public static string[] Arguments(string name) => name switch
    {
        "default" => [],
        "production" => ["--values", Path.Combine(Checkout.Chart, "values-production.yaml")],
        _ => ["--values", Path.Combine(Checkout.Tests, "Values", $"{name}.yaml")],
    };

    public static Task<Rendered> OfAsync(string name) => Cache.GetOrAdd(name, _ => new(async () =>
    {
        var result = await Helm.TemplateAsync(Arguments(name));
        Assert.True(result.ExitCode == 0, $"helm template with {name}: {result.Errors}");
        return new Rendered(name, result.Output);
    })).Value;

    public IEnumerable<JsonNode> Of(string kind) => Objects.Where(o => o.Text("kind") == kind);

    public JsonNode? Find(string kind, string name) => Of(kind).FirstOrDefault(o => o.Text("metadata.name") == name);

    /// <summary>Everything that becomes a pod: its name in messages, its metadata and its spec.</summary>
    public IEnumerable<Workload> Workloads() => Objects.Select(o => o.Text("kind") switch
    {
        "Deployment" or "StatefulSet" or "Job" => new Workload(this, o, o.At("spec.template.metadata")!, o.At("spec.template.spec")!),
        "Pod" => new Workload(this, o, o.At("metadata")!, o.At("spec")!),
        _ => null,
    }).OfType<Workload>();
}

/// <summary>An object with a pod template.</summary>
internal sealed record Workload(Rendered Rendering, JsonNode Object, JsonNode Metadata, JsonNode Spec)
{
    public string Kind => Object.Text("kind")!;

    public string Name => Object.Text("metadata.name")!;

    public string Service => Metadata.At("labels")!["app.kubernetes.io/name"]!.GetValue<string>();

    public IEnumerable<JsonNode> Containers => Spec.List("containers").Concat(Spec.List("initContainers"));

    public bool HasSidecar => Annotation("dapr.io/enabled") == "true";

    public string? Annotation(string name) => Metadata.At("annotations")?[name]?.GetValue<string>();

    public override string ToString() => $"{Rendering.Name}: {Kind} {Name}";
}

internal static class JsonNodes
{
    /// <summary>A node by a dotted path; null where a step is missing.</summary>
    public static JsonNode? At(this JsonNode? node, string path) =>
        path.Split('.').Aggregate(node, (at, step) => at is JsonObject map && map.TryGetPropertyValue(step, out var next) ? next : null);

    public static string? Text(this JsonNode? node, string path) => node.At(path)?.ToString();

    public static int Number(this JsonNode? node, string path) => int.Parse(node.Text(path) ?? "0");

    public static bool Is(this JsonNode? node, string path, bool value) => node.At(path) is JsonValue found && found.TryGetValue<bool>(out var is_) && is_ == value;

    public static IEnumerable<JsonNode> List(this JsonNode? node, string path) => node.At(path) is JsonArray list ? list.OfType<JsonNode>() : [];

    /// <summary>Whether labels hold all that a selector's matchLabels ask for.</summary>
    public static bool Matches(this JsonNode? labels, JsonNode? selector) =>
        selector is JsonObject wanted && wanted.Count > 0 && wanted.All(pair => labels is JsonObject have && have[pair.Key]?.ToString() == pair.Value?.ToString());
}

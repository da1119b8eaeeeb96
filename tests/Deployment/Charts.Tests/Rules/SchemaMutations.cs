using System.Text.Json.Nodes;

namespace Charts.Tests.Rules;

/// <summary>A value that breaks one rule of values.schema.json: where to put it, and where Helm must complain.</summary>
internal sealed record Mutation(string Path, JsonNode? Value, string Rule, string ReportedAt);

/// <summary>
/// One mutation a rule, read off the schema itself, so that a new rule is tested without anybody thinking of it. Types of maps are left out: Helm drops a
/// scalar where a map belongs, with a warning, before the schema is asked.
/// </summary>
internal sealed class SchemaMutations(JsonNode root, bool isItem = false)
{
    private readonly List<Mutation> found = [];

    public IReadOnlyList<Mutation> All()
    {
        Walk(root, "");
        return found;
    }

    private void Walk(JsonNode schema, string path)
    {
        if (schema["$ref"] is { } reference) schema = root["definitions"]![reference.GetValue<string>().Split('/')[^1]]!;
        foreach (var (rule, value) in schema.AsObject())
        {
            switch (rule)
            {
                case "type" when !Allows(schema, "object"): Add(path, Allows(schema, "string") ? new JsonArray("a list") : JsonValue.Create("a text"), "type"); break;
                case "enum": Add(path, JsonValue.Create("nonsense"), rule); break;
                case "pattern": Add(path, JsonValue.Create("!! no /such: value @@"), rule); break;
                case "minLength": Add(path, JsonValue.Create(""), rule); break;
                case "maxLength": Add(path, JsonValue.Create(new string('a', value!.GetValue<int>() + 1)), rule); break;
                case "minimum": Add(path, JsonValue.Create(value!.GetValue<int>() - 1), rule); break;
                case "maximum": Add(path, JsonValue.Create(value!.GetValue<int>() + 1), rule); break;
                case "minItems": Add(path, new JsonArray(), rule); break;
                case "properties": foreach (var (name, inner) in value!.AsObject()) Walk(inner!, $"{path}/{name}"); break;
                case "additionalProperties" when value is JsonValue: Add($"{path}/typo", JsonValue.Create("x"), rule, path); break;
                case "additionalProperties": Walk(value!, $"{path}/{NameFor(schema)}"); break;
                case "propertyNames": Add($"{path}/no such name", JsonValue.Create(""), rule, path); break;
                case "required" when !isItem: foreach (var name in value!.AsArray()) Add($"{path}/{name}", null, rule, path); break; // null takes a default away
                case "items": Items(value!, path); break;
                case "anyOf": Add(path, new JsonArray(), rule); break;
                case "required" or "minProperties" or "if" or "then" or "description" or "title" or "definitions" or "$schema" or "type": break;
                default: throw new InvalidOperationException($"{path}: the rule {rule} has no mutation: add one.");
            }
        }
    }

    private void Items(JsonNode items, string path)
    {
        var inner = new SchemaMutations(root, isItem: true);
        inner.Walk(items, "");
        foreach (var one in inner.found) Add(path, new JsonArray(Wrap(one.Path, one.Value)), $"items {one.Rule} of {one.Path}", $"{path}/0{one.ReportedAt}");
        if (items["$ref"] is null && items["required"] is not JsonArray) return;
        Add(path, new JsonArray(new JsonObject()), "items required", $"{path}/0");
    }

    private void Add(string path, JsonNode? value, string rule, string? reportedAt = null) => found.Add(new Mutation(path, value, rule, reportedAt ?? path));

    private static JsonNode? Wrap(string path, JsonNode? value) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse().Aggregate(value?.DeepClone(), (inner, step) => new JsonObject { [step] = inner });

    private static string NameFor(JsonNode schema) => schema["propertyNames"]?["pattern"]?.GetValue<string>() switch
    {
        null => "some-name",
        var pattern when pattern.Contains("dapr", StringComparison.Ordinal) => "dapr.io/some-name",
        _ => "SOME_NAME",
    };

    private static bool Allows(JsonNode schema, string type) => schema["type"] is JsonArray types ? types.Any(t => t!.GetValue<string>() == type) : schema["type"]?.GetValue<string>() == type;
}

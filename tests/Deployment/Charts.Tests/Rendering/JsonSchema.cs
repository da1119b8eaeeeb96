using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Charts.Tests.Rendering;

/// <summary>The part of JSON Schema that the schemas here use. A keyword that it does not know is an error, never passed over.</summary>
internal sealed class JsonSchema(JsonNode root)
{
    private static readonly HashSet<string> Silent = ["description", "title", "$schema", "definitions", "$defs", "default", "kinds", "nullable", "example", "allOf"];

    /// <summary>What is wrong with the value, each as "path: reason".</summary>
    public List<string> Check(JsonNode? value, JsonNode schema, string path = "")
    {
        var errors = new List<string>();
        Check(value, schema, path, errors);
        return errors;
    }

    private void Check(JsonNode? value, JsonNode schema, string path, List<string> errors)
    {
        if (schema is not JsonObject rules) return;
        foreach (var (keyword, rule) in rules)
        {
            if (Silent.Contains(keyword)) continue;
            if (!Holds(keyword, rule!, value, rules, path, errors)) errors.Add($"{path}: {keyword} {Short(rule)} does not hold for {Short(value)}");
        }
    }

    private bool Holds(string keyword, JsonNode rule, JsonNode? value, JsonObject rules, string path, List<string> errors)
    {
        switch (keyword)
        {
            case "$ref": Check(value, Resolve(rule.GetValue<string>()), path, errors); return true;
            case "type": return rule is JsonArray types ? types.Any(type => IsType(value, type!.GetValue<string>())) : IsType(value, rule.GetValue<string>());
            case "enum": return rule.AsArray().Any(allowed => JsonNode.DeepEquals(allowed, value));
            case "const": return JsonNode.DeepEquals(rule, value);
            case "pattern": return !IsText(value, out var text) || Regex.IsMatch(text, rule.GetValue<string>());
            case "minLength": return !IsText(value, out text) || text.Length >= rule.GetValue<int>();
            case "maxLength": return !IsText(value, out text) || text.Length <= rule.GetValue<int>();
            case "minimum": return !IsNumber(value, out var number) || number >= double.Parse(rule.ToString());
            case "maximum": return !IsNumber(value, out number) || number <= double.Parse(rule.ToString());
            case "minItems": return value is not JsonArray list || list.Count >= rule.GetValue<int>();
            case "maxItems": return value is not JsonArray items || items.Count <= rule.GetValue<int>();
            case "required": return Required(rule.AsArray(), value, path, errors);
            case "properties": return Properties(rule.AsObject(), value, path, errors);
            case "additionalProperties": return Additional(rule, value, rules, path, errors);
            case "items": return Items(rule, value, path, errors);
            case "anyOf": return rule.AsArray().Any(one => Check(value, one!).Count == 0);
            case "oneOf": return rule.AsArray().Count(one => Check(value, one!).Count == 0) == 1;
            case "minProperties": return value is not JsonObject some || some.Count >= rule.GetValue<int>();
            case "propertyNames": return value is not JsonObject named || named.All(pair => Check(JsonValue.Create(pair.Key), rule).Count == 0);
            case "if": if (Check(value, rule).Count == 0) Check(value, rules["then"]!, path, errors); return true;
            case "then": return true;
            default: throw new InvalidOperationException($"{path}: the keyword {keyword} is not known to the tests' validator.");
        }
    }

    private JsonNode Resolve(string reference) =>
        reference[2..].Split('/').Aggregate(root, (at, step) => at[step] ?? throw new InvalidOperationException($"{reference} leads nowhere."));

    private bool Properties(JsonObject properties, JsonNode? value, string path, List<string> errors)
    {
        if (value is not JsonObject map) return true;
        foreach (var (name, schema) in properties)
            if (map.TryGetPropertyValue(name, out var inner) && inner is not null) Check(inner, schema!, $"{path}/{name}", errors);
        return true;
    }

    private bool Additional(JsonNode rule, JsonNode? value, JsonObject rules, string path, List<string> errors)
    {
        if (value is not JsonObject map) return true;
        foreach (var (name, inner) in map.Where(pair => rules["properties"]?[pair.Key] is null))
        {
            if (rule is JsonValue allowed) { if (!allowed.GetValue<bool>()) errors.Add($"{path}: unknown field {name}"); }
            else if (inner is not null) Check(inner, rule, $"{path}/{name}", errors);
        }

        return true;
    }

    private bool Items(JsonNode rule, JsonNode? value, string path, List<string> errors)
    {
        if (value is JsonArray list) for (var i = 0; i < list.Count; i++) Check(list[i], rule, $"{path}/{i}", errors);
        return true;
    }

    private static bool Required(JsonArray names, JsonNode? value, string path, List<string> errors)
    {
        if (value is JsonObject map) errors.AddRange(names.Where(name => map[name!.GetValue<string>()] is null).Select(name => $"{path}: {name} is missing"));
        return true;
    }

    private static bool IsType(JsonNode? value, string type) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => IsText(value, out _),
        "boolean" => value is JsonValue one && one.TryGetValue<bool>(out _),
        "number" => IsNumber(value, out _),
        "integer" => IsNumber(value, out var number) && number == Math.Floor(number),
        "null" => value is null,
        _ => throw new InvalidOperationException($"The type {type} is not known."),
    };

    private static bool IsText(JsonNode? value, out string text)
    {
        text = "";
        return value is JsonValue one && one.TryGetValue(out text!);
    }

    private static bool IsNumber(JsonNode? value, out double number)
    {
        number = 0;
        return value is JsonValue one && one.GetValueKind() == System.Text.Json.JsonValueKind.Number && double.TryParse(one.ToJsonString(), out number);
    }

    private static string Short(JsonNode? node) => node?.ToJsonString() is { Length: > 80 } text ? text[..80] + "…" : node?.ToJsonString() ?? "null";
}

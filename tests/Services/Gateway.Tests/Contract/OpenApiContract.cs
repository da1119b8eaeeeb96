using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Xunit;

namespace DaprOrders.Gateway.Tests.Contract;

/// <summary>
/// The OpenAPI document as a judge of answers. Stricter than a client may be: a member, a status or a media type that the document does not name fails.
/// </summary>
internal sealed class OpenApiContract(string json)
{
    private const string Problem = "application/problem+json";
    private readonly Schemas schemas = new(json);

    public JsonElement Document { get; } = JsonDocument.Parse(json).RootElement;

    /// <summary>Every operation: address as in the document, verb in capitals.</summary>
    public IEnumerable<(string Path, string Verb, JsonElement Operation)> Operations =>
        from path in Document.GetProperty("paths").EnumerateObject()
        from verb in path.Value.EnumerateObject()
        select (path.Name, verb.Name.ToUpperInvariant(), verb.Value);

    public void Check(string verb, string target, Answer answer)
    {
        var operation = Find(verb, target);
        var what = $"{verb} {target} -> {answer.Status}";
        if (operation is null)
        {
            Assert.True(answer.Status is 404 or 405, $"{what}: the document does not know this operation");
            CheckBody(Resolve(Document.GetProperty("components").GetProperty("responses").GetProperty("Unexpected")), answer, what);
            return;
        }

        if (answer.Status == 304) Assert.Empty(answer.Body);
        Assert.True(operation.Value.GetProperty("responses").TryGetProperty($"{answer.Status}", out var response), $"{what}: the document does not name this status\n{answer.Text}");
        response = Resolve(response);
        CheckHeaders(response, answer, what);
        CheckBody(response, answer, what);
    }

    /// <summary>The operation that a request is; null when the document knows none.</summary>
    public JsonElement? Find(string verb, string target) => Operations.Where(o => o.Verb == verb && Matches(o.Path, target.Split('?')[0]))
        .OrderBy(o => o.Path.Count(c => c == '{')).Select(o => (JsonElement?)o.Operation).FirstOrDefault();

    /// <summary>What is wrong with a value, by the schema; empty when nothing is.</summary>
    public string Faults(JsonElement schema, JsonElement value) => schemas.Faults(schema, value);

    public JsonElement Resolve(JsonElement element)
    {
        while (element.TryGetProperty("$ref", out var reference) && reference.GetString()!.StartsWith("#/components/", StringComparison.Ordinal))
            element = reference.GetString()!.Split('/').Skip(1).Aggregate(Document, (at, name) => at.GetProperty(name));
        return element;
    }

    private void CheckHeaders(JsonElement response, Answer answer, string what)
    {
        if (!response.TryGetProperty("headers", out var headers)) return;
        foreach (var header in headers.EnumerateObject())
        {
            var named = Resolve(header.Value);
            if (!answer.Headers.TryGetValue(header.Name, out var text))
            {
                Assert.False(named.TryGetProperty("required", out var required) && required.GetBoolean(), $"{what}: the header {header.Name} is missing");
                continue;
            }

            var schema = named.GetProperty("schema");
            var isNumber = schema.TryGetProperty("type", out var type) && type.GetString() == "integer";
            var faults = Faults(schema, isNumber ? JsonSerializer.SerializeToElement(long.Parse(text)) : JsonSerializer.SerializeToElement(text));
            Assert.True(faults.Length == 0, $"{what}: {header.Name}: {text}: {faults}");
        }
    }

    private void CheckBody(JsonElement response, Answer answer, string what)
    {
        if (!response.TryGetProperty("content", out var content))
        {
            Assert.True(answer.Body.Length == 0, $"{what}: the document knows no body\n{answer.Text}");
            return;
        }

        if (answer.MediaType == Problem) Assert.Equal(answer.Status, answer.Json.GetProperty("status").GetInt32());
        Assert.True(answer.MediaType is not null && content.TryGetProperty(answer.MediaType, out _), $"{what}: {answer.MediaType} is not in the document\n{answer.Text}");
        var faults = Faults(content.GetProperty(answer.MediaType!).GetProperty("schema"), answer.MediaType!.EndsWith("json", StringComparison.Ordinal) ? answer.Json : JsonSerializer.SerializeToElement(answer.Text));
        Assert.True(faults.Length == 0, $"{what}: {faults}\n{answer.Text}");
    }

    private static bool Matches(string template, string path)
    {
        var (wanted, given) = (template.Split('/'), path.Split('/'));
        return wanted.Length == given.Length && wanted.Zip(given).All(pair => pair.First.StartsWith('{') ? pair.Second.Length > 0 : pair.First == pair.Second);
    }
}

/// <summary>The schemas of a document's components, closed: a member that is not named is a fault.</summary>
internal sealed class Schemas
{
    private readonly JsonObject definitions;
    private readonly ConcurrentDictionary<string, JsonSchema> built = new();

    public Schemas(string document)
    {
        var components = JsonNode.Parse(document.Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal))!["components"]!;
        definitions = components["schemas"]!.DeepClone().AsObject();
        Close(definitions);
    }

    public string Faults(JsonElement schema, JsonElement value)
    {
        var text = schema.GetRawText().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal);
        var result = built.GetOrAdd(text, Build).Evaluate(value, new EvaluationOptions { OutputFormat = OutputFormat.List, RequireFormatValidation = true });
        return result.IsValid ? "" : string.Join("; ", (result.Details ?? []).Where(d => d.Errors is { Count: > 0 })
            .SelectMany(d => d.Errors!.Select(e => $"{d.InstanceLocation} {e.Value}")));
    }

    private JsonSchema Build(string schema) =>
        JsonSchema.FromText(new JsonObject { ["allOf"] = new JsonArray(JsonNode.Parse(schema)), ["$defs"] = definitions.DeepClone() }.ToJsonString());

    private static void Close(JsonNode? node)
    {
        if (node is JsonArray array) foreach (var item in array) Close(item);
        if (node is not JsonObject schema) return;
        foreach (var (_, member) in schema.ToList()) Close(member);
        if (schema["type"] is JsonValue type && type.TryGetValue<string>(out var name) && name == "object" && schema.ContainsKey("properties") && !schema.ContainsKey("additionalProperties"))
            schema["additionalProperties"] = false;
    }
}

using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace DaprOrders.Components.Tests;

/// <summary>What is wrong with a resource by itself, as sentences; nothing when it is right.</summary>
internal static partial class Rules
{
    public static IEnumerable<string> BrokenBy(Resource resource)
    {
        if (!Schemas.All.TryGetValue(resource.Kind, out var schema)) return [$"{resource}: '{resource.Kind}' is no Dapr resource kind of these sets"];
        var apiVersion = resource.Body.Text("apiVersion");
        IEnumerable<string> wrong = apiVersion == schema.ApiVersion ? [] : [$"{resource}: apiVersion {apiVersion}, should be {schema.ApiVersion}"];
        wrong = wrong.Concat(UnknownFields(resource.Body, "", schema.Fields).Select(field => $"{resource}: unknown field {field}"));
        if (resource.Name.Length == 0) wrong = wrong.Append($"{resource}: no metadata.name");
        return resource.Kind == "Component" ? wrong.Concat(BrokenByComponent(resource)) : wrong;
    }

    private static IEnumerable<string> BrokenByComponent(Resource component)
    {
        if (!KnownTypes.All.TryGetValue(component.Type, out var type))
        {
            yield return $"{component}: unknown type {component.Type}";
            yield break;
        }

        if (component.Spec.Text("version") != type.Version) yield return $"{component}: version must be {type.Version}";
        var names = component.Metadata.Select(item => item.Text("name")).ToList();
        foreach (var name in names.Where(name => !type.Names.Contains(name, StringComparer.OrdinalIgnoreCase))) yield return $"{component}: {component.Type} knows no '{name}'";
        foreach (var name in type.Required.Where(name => !names.Contains(name, StringComparer.OrdinalIgnoreCase))) yield return $"{component}: '{name}' is missing";
        foreach (var twice in names.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1)) yield return $"{component}: '{twice.Key}' stands there twice";
        foreach (var item in component.Metadata)
        {
            var (name, reference) = (item.Text("name"), item.Map("secretKeyRef"));
            var forms = item.Names().Count(field => field is "value" or "secretKeyRef" or "envRef");
            if (forms != 1) yield return $"{component}: '{name}' needs exactly one of value, secretKeyRef, envRef";
            if (reference is not null && reference.Text("name").Length == 0) yield return $"{component}: '{name}' refers to no secret";
            if (item.Names().Contains("value") && KnownValues.WrongWith(name, item.Text("value")) is { } wrong) yield return $"{component}: '{name}' {wrong}, is '{item.Text("value")}'";
            if (reference is null && IsSecret(name, item.Text("value"))) yield return $"{component}: '{name}' holds a secret, it must be a secretKeyRef";
        }
    }

    /// <summary>By name, or by what a connection string carries.</summary>
    private static bool IsSecret(string name, string value) =>
        SecretName().IsMatch(name) || CredentialInText().IsMatch(value);

    private static IEnumerable<string> UnknownFields(YamlMappingNode map, string path, HashSet<string> known)
    {
        foreach (var (key, value) in map.Children)
        {
            var name = ((YamlScalarNode)key).Value!;
            var field = path.Length == 0 ? name : known.Contains($"{path}.*") ? $"{path}.*" : $"{path}.{name}";
            if (!known.Contains(field)) yield return path.Length == 0 ? name : $"{path}.{name}";
            var inside = value switch
            {
                YamlMappingNode child => UnknownFields(child, field, known),
                YamlSequenceNode list => list.OfType<YamlMappingNode>().SelectMany(element => UnknownFields(element, $"{field}[]", known)),
                _ => [],
            };
            foreach (var unknown in inside) yield return unknown;
        }
    }

    [GeneratedRegex("password$|^(accessKey|secretKey|sessionToken|masterKey|apiKey|azureClientSecret|azureCertificate|private_?key|clientKey)$", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"\bpassword=|\bpwd=|SharedAccessKey=|AccountKey=|://[^/\s:]+:[^/\s@]+@", RegexOptions.IgnoreCase)]
    private static partial Regex CredentialInText();
}

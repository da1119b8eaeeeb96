using System.Text.Json.Nodes;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Secrets;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Components;

/// <summary>Makes components of resources: type check, secret and environment references, templates.</summary>
internal static class ComponentReader
{
    public static IReadOnlyList<Component> Read(IReadOnlyList<Resource> resources, Sidecar sidecar, ILogger log)
    {
        var documents = resources.Where(r => r.Kind == "Component").ToList();
        // Secret stores first: the metadata of all others may point into them.
        var stores = documents.Where(d => Type(d).StartsWith("secretstores.", StringComparison.Ordinal)).ToList();
        var secrets = new Dictionary<string, ISecretStore>(StringComparer.Ordinal);
        var result = new List<Component>();
        foreach (var document in stores.Concat(documents.Except(stores)))
        {
            var component = Read(document, sidecar.Options, secrets, log);
            if (component is null || !Accept(component, sidecar, log)) continue;
            result.Add(component);
            if (component.Category == "secretstores" && !TryOpen(component, secrets, log)) result.Remove(component);
        }
        return result;
    }

    private static string Type(Resource document) => document.Spec["type"].Text() ?? "";

    private static bool Accept(Component component, Sidecar sidecar, ILogger log)
    {
        if (sidecar.Configuration.DeniesComponent(component))
        {
            log.LogWarning("Component {Component} is denied by the Configuration and left out", component);
            return false;
        }
        try
        {
            ComponentTypes.Require(component);
            return true;
        }
        catch (StartupException error) when (component.IgnoreErrors)
        {
            log.LogError("{Reason} It is left out, as its ignoreErrors says.", error.Message);
            return false;
        }
    }

    private static bool TryOpen(Component component, Dictionary<string, ISecretStore> secrets, ILogger log)
    {
        try
        {
            secrets[component.Name] = SecretStores.Open(component);
            return true;
        }
        catch (StartupException error) when (component.IgnoreErrors)
        {
            log.LogError("{Reason} It is left out, as its ignoreErrors says.", error.Message);
            return false;
        }
    }

    // Null when a secret store it needs is not there: daprd lets such a component wait, and goes on without it.
    private static Component? Read(Resource document, SidecarOptions options, Dictionary<string, ISecretStore> secrets, ILogger log)
    {
        var spec = document.Spec;
        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var store = document.Body["auth"].Object()?["secretStore"].Text();
        foreach (var item in spec["metadata"].Objects())
        {
            var name = item["name"].Text() ?? "";
            if (item["secretKeyRef"] is JsonObject reference)
            {
                if (store is null || !secrets.TryGetValue(store, out var secretStore))
                {
                    log.LogWarning(
                        "Component {Name} of {File} waits for the secret store {Store}, which is not loaded", document.Name, document.File, store);
                    return null;
                }
                metadata[name] = Secret(secretStore, reference, document, log);
            }
            else
            {
                metadata[name] = Expand(Value(item, document), options);
            }
        }
        return new Component(document.Name, Type(document), spec["version"].Text() ?? "v1")
        {
            Metadata = metadata,
            Scopes = document.Scopes,
            File = document.File,
            Source = document.Body.ToJsonString(),
            IgnoreErrors = spec["ignoreErrors"].Text() == "true",
        };
    }

    private static string Value(JsonObject item, Resource document)
    {
        if (item["envRef"].Text() is not { Length: > 0 } variable) return item["value"].Text() ?? "";
        if (variable.StartsWith("DAPR_", StringComparison.Ordinal) || variable == "APP_API_TOKEN" || variable.Contains(' ', StringComparison.Ordinal))
            throw new StartupException($"component {document.Name} in {document.File}: the environment variable {variable} may not be referred to");
        return Environment.GetEnvironmentVariable(variable) ?? "";
    }

    private static string Secret(ISecretStore store, JsonObject reference, Resource document, ILogger log)
    {
        var name = reference["name"].Text() ?? "";
        var key = reference["key"].Text() is { Length: > 0 } given ? given : name;
        if (store.Find(name) is { } secret && secret.TryGetValue(key, out var value)) return value;
        log.LogError("Component {Name} of {File}: there is no secret {Secret} / {Key}; its value is empty", document.Name, document.File, name, key);
        return "";
    }

    public static string Expand(string value, SidecarOptions options) => value.Contains('{', StringComparison.Ordinal)
        ? value.Replace("{uuid}", Guid.NewGuid().ToString(), StringComparison.Ordinal)
            .Replace("{podName}", Environment.GetEnvironmentVariable("POD_NAME") ?? "", StringComparison.Ordinal)
            .Replace("{namespace}", $"{options.Namespace}.{options.AppId}", StringComparison.Ordinal)
            .Replace("{appID}", options.AppId, StringComparison.Ordinal)
        : value;
}

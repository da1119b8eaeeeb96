using System.Text.Json.Nodes;
using LocalDapr.Runtime.Hosting;
using Microsoft.Extensions.Logging;
using YamlDotNet.Core;

namespace LocalDapr.Runtime.Components;

/// <summary>Reads the resource folders of a sidecar as daprd does: *.yaml and *.yml of the folder itself, several documents a file.</summary>
internal static class ResourceLoader
{
    public static IReadOnlyList<Resource> Load(IReadOnlyList<string> folders, SidecarOptions options, ILogger log)
    {
        var all = folders.SelectMany(folder => LoadFolder(folder, log)).ToList();
        RefuseDuplicates(all);
        var ns = SidecarOptions.NonEmpty("NAMESPACE");
        return [.. all.Where(r => r.IsFor(options.AppId) && (ns is null || r.Namespace is null || r.Namespace == ns))];
    }

    /// <summary>The documents of one file; a file that is no YAML is named in the log and skipped.</summary>
    public static IReadOnlyList<Resource> LoadFile(string file, ILogger log)
    {
        try
        {
            return [.. YamlNodes.Parse(File.ReadAllText(file)).OfType<JsonObject>().Select(body => Read(body, file))];
        }
        catch (Exception error) when (error is YamlException or InvalidCastException or IOException)
        {
            log.LogWarning("Resource file {File} is no valid YAML and is left out: {Reason}", file, error.Message);
            return [];
        }
    }

    public static bool IsResourceFile(string file) => Path.GetExtension(file).ToUpperInvariant() is ".YAML" or ".YML";

    /// <summary>False for a file that is no YAML, or not yet.</summary>
    public static bool IsReadable(string file)
    {
        try
        {
            YamlNodes.Parse(File.ReadAllText(file));
            return true;
        }
        catch (Exception error) when (error is YamlException or InvalidCastException)
        {
            return false;
        }
    }

    private static IEnumerable<Resource> LoadFolder(string folder, ILogger log)
    {
        if (!Directory.Exists(folder)) throw new StartupException($"resources path {folder} does not exist");
        foreach (var directory in Directory.GetDirectories(folder))
            log.LogDebug("{Folder} is a subfolder of a resources path and is not read", directory);
        foreach (var file in Directory.GetFiles(folder).Order(StringComparer.Ordinal))
        {
            if (IsResourceFile(file))
                foreach (var resource in LoadFile(file, log))
                    yield return resource;
            else
                log.LogWarning("{File} is no .yaml file and is not read", file);
        }
    }

    private static Resource Read(JsonObject body, string file)
    {
        var metadata = body["metadata"].Object();
        return new Resource(body["kind"].Text() ?? "", body["apiVersion"].Text() ?? "", metadata?["name"].Text() ?? "", file, body)
        {
            Namespace = metadata?["namespace"].Text(),
            Scopes = body["scopes"].Texts(),
        };
    }

    private static void RefuseDuplicates(List<Resource> all)
    {
        var seen = new Dictionary<string, Resource>(StringComparer.Ordinal);
        foreach (var component in all.Where(r => r.Kind == "Component"))
        {
            if (seen.TryAdd(component.Name, component)) continue;
            throw new StartupException(
                $"duplicate definition of Component name {Describe(component)} with existing {Describe(seen[component.Name])}");
        }
    }

    private static string Describe(Resource r) => $"{r.Name} ({r.Spec["type"].Text()}/{r.Spec["version"].Text() ?? "v1"})";
}

using System.Reflection;
using System.Runtime.Loader;

namespace Sdk.Official.Tests;

/// <summary>The same named assemblies twice: ours from their build folders, the official ones from this project's packages.</summary>
internal static class Assemblies
{
    private static readonly string[] Roots = ["Dapr.AspNetCore", "Dapr.Workflow", "Dapr.Actors.AspNetCore"];

    private static readonly string[] Official =
        ["Dapr.Client", "Dapr.AspNetCore", "Dapr.Workflow", "Dapr.Workflow.Abstractions", "Dapr.Workflow.Versioning.Abstractions",
         "Dapr.Workflow.Versioning.Runtime", "Dapr.Actors", "Dapr.Actors.AspNetCore", "Dapr.Common"];

    private static readonly string[] Ours = ["Dapr.Client", "Dapr.AspNetCore", "Dapr.Workflow", "Dapr.Actors", "Dapr.Actors.AspNetCore"];

    public static IReadOnlyCollection<Assembly> OfTheOfficialSdk() => Load(Official, [AppContext.BaseDirectory]);

    public static IReadOnlyCollection<Assembly> OfOurSdk()
    {
        var pattern = typeof(Assemblies).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(m => m.Key == "OurSdk").Value!;
        return Load(Ours, [.. Roots.Select(root => pattern.Replace("{0}", root, StringComparison.Ordinal))]);
    }

    private static Assembly[] Load(IEnumerable<string> names, IReadOnlyList<string> folders)
    {
        var context = new FolderContext(folders);
        return [.. names.Select(name => context.LoadFromAssemblyName(new AssemblyName(name)))];
    }

    private sealed class FolderContext(IReadOnlyList<string> folders) : AssemblyLoadContext(name: null)
    {
        // What is in no folder is the framework's, and shared: a Task is the same on both sides.
        protected override Assembly? Load(AssemblyName assemblyName) =>
            folders.Select(folder => Path.Combine(folder, $"{assemblyName.Name}.dll")).FirstOrDefault(File.Exists) is { } file ? LoadFromAssemblyPath(Path.GetFullPath(file)) : null;
    }
}

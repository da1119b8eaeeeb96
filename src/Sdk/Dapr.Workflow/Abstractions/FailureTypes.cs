using System.Collections.Concurrent;

namespace Dapr.Workflow;

// A stored failure names its type without the assembly. Looking through all assemblies is slow, and a workflow may ask on every failure, so what
// was found is kept; what was not is asked again, as its assembly may load later.
internal static class FailureTypes
{
    private static readonly ConcurrentDictionary<string, Type> Known = new(StringComparer.Ordinal);

    public static Type? Find(string name)
    {
        if (Known.TryGetValue(name, out var known))
        {
            return known;
        }

        foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
        {
            if (assembly.GetType(name, throwOnError: false) is { } type)
            {
                return Known.GetOrAdd(name, type);
            }
        }

        return null;
    }
}

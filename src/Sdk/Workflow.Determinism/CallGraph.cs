using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Dapr.Workflow.Determinism;

/// <summary>
/// Who uses whom in one compilation, and where each member does what a workflow may not. Filled by many threads, then walked once from the
/// workflows. A call of a virtual or interface method leads to those implementations whose types are made on the way, so that an
/// implementation that no workflow meets is not held against it.
/// </summary>
internal sealed class CallGraph(IAssemblySymbol own)
{
    private readonly ConcurrentDictionary<ISymbol, ConcurrentBag<ISymbol>> _uses = new(SymbolEqualityComparer.Default);
    private readonly ConcurrentDictionary<ISymbol, ConcurrentBag<Banned>> _banned = new(SymbolEqualityComparer.Default);
    private readonly ConcurrentBag<(ISymbol Root, ISymbol Used)> _roots = [];

    /// <summary>A member of no workflow does this.</summary>
    public void AddBanned(ISymbol member, Banned banned) => _banned.GetOrAdd(Key(member), _ => []).Add(banned);

    /// <param name="member">Who uses it.</param>
    /// <param name="used">What is used.</param>
    /// <param name="isRoot">It is a workflow that does.</param>
    public void AddUse(ISymbol member, ISymbol used, bool isRoot)
    {
        foreach (var target in Targets(used))
        {
            if (!SymbolEqualityComparer.Default.Equals(target.ContainingAssembly, own)) continue;
            if (isRoot) _roots.Add((member, target));
            else _uses.GetOrAdd(Key(member), _ => []).Add(target);
        }
    }

    /// <summary>What workflows do by way of others: each place once, with the way there.</summary>
    public IEnumerable<(Banned Banned, ISymbol Root, ISymbol By)> Reached(WorkflowTypes types)
    {
        var reached = new Dictionary<ISymbol, ISymbol>(SymbolEqualityComparer.Default);
        var made = new HashSet<INamedTypeSymbol>(SymbolEqualityComparer.Default);
        var open = new Queue<(ISymbol Member, ISymbol Root)>(_roots.Select(root => (root.Used, root.Root)));
        while (open.Count > 0)
        {
            var (member, root) = open.Dequeue();
            if (reached.ContainsKey(member) || types.IsWorkflow(member) || types.IsActivity(member)) continue;
            reached.Add(member, root);
            if (member is IMethodSymbol { MethodKind: MethodKind.Constructor }) made.Add(member.ContainingType.OriginalDefinition);
            foreach (var next in Next(member)) open.Enqueue((next, root));
            if (open.Count > 0) continue;
            foreach (var (implementation, by) in Implementations(reached, made)) open.Enqueue((implementation, by));
        }

        return reached.SelectMany(pair => _banned.TryGetValue(pair.Key, out var banned) ? banned.Select(b => (b, pair.Value, pair.Key)) : []);
    }

    // A constructor runs the initialisers of its type, and the constructor of the base that needs nothing where it names no other.
    private IEnumerable<ISymbol> Next(ISymbol member)
    {
        IEnumerable<ISymbol> next = _uses.TryGetValue(member, out var used) ? used : [];
        if (member is not IMethodSymbol { MethodKind: MethodKind.Constructor, ContainingType: var type }) return next;
        var initialised = type.GetMembers().Where(m => m is IFieldSymbol { IsStatic: false } or IPropertySymbol { IsStatic: false });
        var above = type.BaseType?.InstanceConstructors.Where(c => c.Parameters.Length == 0).Select(Key) ?? [];
        return [.. next, .. initialised.Select(Key), .. above];
    }

    private static List<(ISymbol Implementation, ISymbol Root)> Implementations(Dictionary<ISymbol, ISymbol> reached, HashSet<INamedTypeSymbol> made)
    {
        var found = new List<(ISymbol, ISymbol)>();
        foreach (var pair in reached)
        {
            if (pair.Key is not IMethodSymbol method || !(method.IsVirtual || method.IsAbstract || method.IsOverride)) continue;
            foreach (var type in made)
            {
                if (ImplementationIn(type, method) is { } implementation && !reached.ContainsKey(Key(implementation))) found.Add((Key(implementation), pair.Value));
            }
        }

        return found;
    }

    private static IMethodSymbol? ImplementationIn(INamedTypeSymbol type, IMethodSymbol method)
    {
        if (method.ContainingType.TypeKind == TypeKind.Interface)
        {
            var known = type.AllInterfaces.FirstOrDefault(i => SymbolEqualityComparer.Default.Equals(i.OriginalDefinition, method.ContainingType));
            var asked = known?.GetMembers(method.Name).FirstOrDefault(m => SymbolEqualityComparer.Default.Equals(m.OriginalDefinition, method));
            return asked is null ? null : type.FindImplementationForInterfaceMember(asked) as IMethodSymbol;
        }

        for (var at = type; at is not null; at = at.BaseType)
        {
            foreach (var candidate in at.GetMembers(method.Name).OfType<IMethodSymbol>())
            {
                for (var up = candidate.OverriddenMethod; up is not null; up = up.OverriddenMethod)
                {
                    if (SymbolEqualityComparer.Default.Equals(up.OriginalDefinition, method)) return candidate;
                }
            }
        }

        return null;
    }

    // What is set once for the whole process is another value after a restart: reading it leads to where it is set.
    private static IEnumerable<ISymbol> Targets(ISymbol used) => used switch
    {
        IMethodSymbol method => [Key(method)],
        IPropertySymbol { IsStatic: true } property => [Key(property), .. Accessors(property)],
        IPropertySymbol property => Accessors(property),
        IFieldSymbol { IsStatic: true, IsConst: false } field => [Key(field), .. field.ContainingType.StaticConstructors.Select(Key)],
        _ => [],
    };

    private static IEnumerable<ISymbol> Accessors(IPropertySymbol property) =>
        new ISymbol?[] { property.GetMethod, property.SetMethod }.OfType<ISymbol>().Select(Key);

    private static ISymbol Key(ISymbol member) => member switch
    {
        IMethodSymbol { ReducedFrom: { } extension } => Key(extension),
        IMethodSymbol { PartialImplementationPart: { } body } => body.OriginalDefinition,
        _ => member.OriginalDefinition,
    };
}

/// <summary>One place where something is used that a workflow may not use.</summary>
internal sealed class Banned(Location place, string used, string reason)
{
    public Location Place => place;

    public string Used => used;

    public string Reason => reason;
}

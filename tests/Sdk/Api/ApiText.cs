using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Sdk.Api;

/// <summary>
/// The public API of assemblies as text: for each type a heading and a line a member, as a caller's compiler sees them: names of parameters, default
/// values and the marks that make a call a warning included. Nullability is left out, since the official assemblies state it only in part.
/// </summary>
internal static class ApiText
{
    // Sorts before every member.
    private const string HeadingMark = "! ";

    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>The members of every exported type, those inherited within the assemblies included.</summary>
    public static SortedDictionary<string, SortedSet<string>> Of(IReadOnlyCollection<Assembly> assemblies)
    {
        var all = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var type in assemblies.SelectMany(assembly => assembly.GetExportedTypes()))
        {
            var members = new SortedSet<string>(StringComparer.Ordinal) { $"{HeadingMark}{Heading(type)}" };
            for (var declaring = type; declaring is not null && assemblies.Contains(declaring.Assembly); declaring = declaring.BaseType)
            {
                var inherited = declaring != type;
                members.UnionWith(declaring.GetMembers(Declared).Where(member => IsSeen(member, inherited)).Select(Line));
            }

            all[Names.Full(type)] = members;
        }

        return all;
    }

    /// <summary>Methods and constructors by their types and lines.</summary>
    public static Dictionary<string, MethodBase> MethodsOf(IReadOnlyCollection<Assembly> assemblies) =>
        assemblies.SelectMany(assembly => assembly.GetExportedTypes()).SelectMany(type => type.GetMembers(Declared).OfType<MethodBase>()
            .Where(method => IsSeen(method, inherited: false)).Select(method => (Key: $"{Names.Full(type)}: {Line(method)}", Method: method)))
        .ToDictionary(one => one.Key, one => one.Method);

    public static string Render(SortedDictionary<string, SortedSet<string>> api) =>
        string.Concat(api.Select(type => $"{type.Key}\n{string.Concat(type.Value.Select(line => $"  {line}\n"))}"));

    private static string Heading(Type type)
    {
        var kind = type.IsInterface ? "interface" : type.IsEnum ? "enum" : type.IsSubclassOf(typeof(Delegate)) ? "delegate" : type.IsValueType ? "struct"
            : type is { IsAbstract: true, IsSealed: true } ? "static class" : type.IsAbstract ? "abstract class" : type.IsSealed ? "sealed class" : "class";
        var record = type.GetMethod("PrintMembers", Declared) is not null ? " record" : "";
        var parents = type.IsEnum || type.IsSubclassOf(typeof(Delegate)) ? [] : type.GetInterfaces().Where(i => i.IsPublic && !IsRecordsOwn(i))
            .Append(type.BaseType).Where(parent => parent is { IsPublic: true } && parent != typeof(object) && parent != typeof(ValueType))
            .Select(parent => Names.Of(parent!)).Order(StringComparer.Ordinal).ToArray();
        return $"{Marks(type)}{kind}{record}{(parents.Length == 0 ? "" : $" : {string.Join(", ", parents)}")}";
    }

    private static bool IsRecordsOwn(Type parent) => parent.Name == "IEquatable`1";

    private static bool IsSeen(MemberInfo member, bool inherited) => !member.IsDefined(typeof(CompilerGeneratedAttribute)) && member switch
    {
        ConstructorInfo constructor => !inherited && !constructor.IsStatic && IsOpen(constructor),
        MethodInfo method => IsOpen(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) && !IsKnownFromAbove(method),
        FieldInfo field => field is { IsPublic: true, IsSpecialName: false },
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(accessor => IsOpen(accessor) && accessor.GetBaseDefinition() == accessor),
        EventInfo @event => IsOpen(@event.AddMethod!),
        _ => false,
    };

    private static bool IsOpen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    // What a type overrides, and what every type has: no caller sees a difference.
    private static bool IsKnownFromAbove(MethodInfo method) =>
        method.GetBaseDefinition() != method || method.Name is "Equals" or "GetHashCode" or "ToString" or "Finalize";

    private static string Line(MemberInfo member) => Marks(member) + member switch
    {
        ConstructorInfo constructor => $"{Reach(constructor)}new({Parameters(constructor)})",
        MethodInfo method => $"{Reach(method)}{Names.Of(method.ReturnType)} {method.Name}{Names.Generics(method)}({Parameters(method)}){Constraints(method)}",
        FieldInfo { IsLiteral: true } field => $"const {Names.Of(field.FieldType)} {field.Name} = {field.GetRawConstantValue()}",
        FieldInfo field => $"field {Names.Of(field.FieldType)} {field.Name}",
        PropertyInfo property => Property(property),
        EventInfo @event => $"event {Names.Of(@event.EventHandlerType!)} {@event.Name}",
        _ => throw new InvalidOperationException($"{member} is no member this text knows."),
    };

    private static string Property(PropertyInfo property)
    {
        var first = property.GetAccessors(nonPublic: true).First(IsOpen);
        var get = property.GetMethod is { } getter && IsOpen(getter) ? "get; " : "";
        var set = property.SetMethod is not { } setter || !IsOpen(setter) ? ""
            : setter.ReturnParameter.GetRequiredCustomModifiers().Any(m => m.Name == nameof(IsExternalInit)) ? "init; "
            : setter.IsPublic || !first.IsPublic ? "set; " : "protected set; ";
        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{Reach(first)}{required}{Names.Of(property.PropertyType)} {property.Name} {{ {get}{set}}}";
    }

    private static string Reach(MethodBase method) =>
        $"{(method.IsPublic ? "" : "protected ")}{(method.IsStatic ? "static " : "")}{(method.DeclaringType!.IsInterface ? "" : Overridable(method))}";

    private static string Overridable(MethodBase method) => method.IsAbstract ? "abstract " : method is { IsVirtual: true, IsFinal: false } ? "virtual " : "";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select((parameter, i) =>
        $"{(i == 0 && method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "")}{(parameter.IsOut ? "out " : "")}{Names.Of(parameter.ParameterType)} {parameter.Name}{Default(parameter)}"));

    private static string Default(ParameterInfo parameter) => !parameter.HasDefaultValue ? "" : parameter.RawDefaultValue switch
    {
        null => " = default",
        string text => $" = \"{text}\"",
        bool yes => yes ? " = true" : " = false",
        var value => $" = {value}",
    };

    private static string Constraints(MethodInfo method) => string.Concat(method.IsGenericMethod
        ? method.GetGenericArguments().Select(argument => (argument.Name, All: Bounds(argument).ToArray())).Where(a => a.All.Length > 0)
            .Select(a => $" where {a.Name} : {string.Join(", ", a.All)}")
        : []);

    private static IEnumerable<string> Bounds(Type argument)
    {
        if (argument.GenericParameterAttributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            yield return "class";
        foreach (var bound in argument.GetGenericParameterConstraints())
            yield return Names.Of(bound);
        if (argument.GenericParameterAttributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint))
            yield return "new()";
    }

    private static string Marks(MemberInfo member) =>
        (member.IsDefined(typeof(ObsoleteAttribute)) ? "[Obsolete] " : "")
        + (member.GetCustomAttribute<ExperimentalAttribute>() is { } experimental ? $"[Experimental {experimental.DiagnosticId}] " : "");
}

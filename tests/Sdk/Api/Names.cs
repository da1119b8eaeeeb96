using System.Reflection;

namespace Sdk.Api;

/// <summary>Types as C# writes them where their namespaces are in use.</summary>
internal static class Names
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool", [typeof(byte)] = "byte",
        [typeof(int)] = "int", [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(double)] = "double",
    };

    public static string Of(Type type)
    {
        if (Keywords.TryGetValue(type, out var keyword))
            return keyword;
        if (type.IsGenericParameter)
            return type.Name;
        if (type.IsByRef)
            return $"ref {Of(type.GetElementType()!)}";
        if (type.IsArray)
            return $"{Of(type.GetElementType()!)}[]";
        if (Nullable.GetUnderlyingType(type) is { } value)
            return $"{Of(value)}?";
        var name = type.Name.Split('`')[0];
        var own = type.GetGenericArguments().Skip(type.DeclaringType?.GetGenericArguments().Length ?? 0).ToArray();
        var arguments = own.Length == 0 ? "" : $"<{string.Join(", ", own.Select(Of))}>";
        return type.IsNested ? $"{Of(type.DeclaringType!)}.{name}{arguments}" : $"{ForeignNamespace(type)}{name}{arguments}";
    }

    // Of the frameworks and of Dapr a name says enough; of others the same name may mean something else.
    private static string ForeignNamespace(Type type) =>
        type.Namespace is { } space && space.Split('.')[0] is not ("System" or "Microsoft" or "Dapr") ? $"{space}." : "";

    public static string Full(Type type) => ForeignNamespace(type) is { Length: > 0 } ? Of(type) : $"{type.Namespace}.{Of(type)}";

    public static string Generics(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";
}

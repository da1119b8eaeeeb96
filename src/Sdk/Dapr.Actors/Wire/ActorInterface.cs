using System.Collections.Concurrent;
using System.Reflection;

namespace Dapr.Actors.Wire;

/// <summary>The rules for interfaces of actors. They are the official SDK's, so that what works here works there.</summary>
internal static class ActorInterface
{
    private static readonly ConcurrentDictionary<Type, bool> known = new();

    /// <exception cref="ArgumentException">The type is no interface of actors, or a method of it cannot be called from elsewhere.</exception>
    public static void Check(Type type) => known.GetOrAdd(type, static type =>
    {
        CheckType(type);
        foreach (var method in type.GetMethods()) CheckMethod(type, method);
        return true;
    });

    private static void CheckType(Type type)
    {
        if (!type.IsInterface || !typeof(IActor).IsAssignableFrom(type))
            throw new ArgumentException($"{type} is not an interface derived from {nameof(IActor)}.", nameof(type));
        if (type.GetInterfaces().FirstOrDefault(parent => !typeof(IActor).IsAssignableFrom(parent)) is { } stranger)
            throw new ArgumentException($"{type} derives from {stranger}, which is not derived from {nameof(IActor)}.", nameof(type));
        if (type.IsGenericType) throw new ArgumentException($"{type} is generic; interfaces of actors cannot be.", nameof(type));
    }

    private static void CheckMethod(Type type, MethodInfo method)
    {
        var why = method switch
        {
            { IsGenericMethod: true } => "is generic",
            _ when type.GetMethods().Count(other => other.Name == method.Name) > 1 => "is overloaded",
            _ when method.ReturnType != typeof(Task)
                && !(method.ReturnType.IsGenericType && method.ReturnType.GetGenericTypeDefinition() == typeof(Task<>)) => "returns no Task or Task<T>",
            _ => method.GetParameters().Select((parameter, at) => Wrong(method, parameter, at)).FirstOrDefault(wrong => wrong is not null),
        };
        if (why is not null) throw new ArgumentException($"Method '{method.Name}' of {type} {why}; methods of actors cannot be called so.", nameof(type));
    }

    private static string? Wrong(MethodInfo method, ParameterInfo parameter, int at)
    {
        if (parameter.ParameterType == typeof(CancellationToken))
            return at < method.GetParameters().Length - 1 ? $"has the cancellation token '{parameter.Name}' before other parameters" : null;
        if (parameter.ParameterType.IsByRef) return $"takes '{parameter.Name}' by reference";
        if (parameter.IsOptional) return $"has the optional parameter '{parameter.Name}'";
        return parameter.IsDefined(typeof(ParamArrayAttribute)) ? $"has the parameter list '{parameter.Name}'" : null;
    }
}

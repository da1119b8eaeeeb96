using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;

namespace Dapr.Actors.Runtime;

/// <summary>
/// Timer callbacks by class and name: a method without or with one parameter that takes a <c>byte[]</c> and returns a task; private and
/// static ones too.
/// </summary>
internal static class TimerCallback
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly ConcurrentDictionary<(Type, string), Func<Actor, byte[], Task>> known = new();

    /// <exception cref="ArgumentException">The class has no such method, or it cannot be a callback.</exception>
    public static Func<Actor, byte[], Task> Find(Type actorType, string callback) =>
        known.GetOrAdd((actorType, callback), static key => Compile(key.Item1, key.Item2));

    private static Func<Actor, byte[], Task> Compile(Type actorType, string callback)
    {
        var method = Method(actorType, callback)
            ?? throw new ArgumentException($"{actorType} has no method '{callback}' for a timer to call.", nameof(callback));
        var parameters = method.GetParameters();
        if (parameters.Length > 1 || (parameters.Length == 1 && !parameters[0].ParameterType.IsAssignableFrom(typeof(byte[]))))
            throw new ArgumentException($"The timer callback {actorType}.{callback} may have one byte[] parameter at most.", nameof(callback));
        if (!typeof(Task).IsAssignableFrom(method.ReturnType))
            throw new ArgumentException($"The timer callback {actorType}.{callback} must return a Task.", nameof(callback));
        var actor = Expression.Parameter(typeof(Actor));
        var data = Expression.Parameter(typeof(byte[]));
        var call = Expression.Call(
            method.IsStatic ? null : Expression.Convert(actor, method.DeclaringType!),
            method,
            parameters.Select(parameter => Expression.Convert(data, parameter.ParameterType)));
        return Expression.Lambda<Func<Actor, byte[], Task>>(Expression.Convert(call, typeof(Task)), actor, data).Compile();
    }

    private static MethodInfo? Method(Type actorType, string callback)
    {
        for (var type = actorType; type is not null && type != typeof(object); type = type.BaseType)
        {
            var methods = type.GetMember(callback, MemberTypes.Method, Declared);
            if (methods.Length > 1) throw new ArgumentException($"The timer callback {actorType}.{callback} must not be overloaded.", nameof(callback));
            if (methods.Length == 1) return (MethodInfo)methods[0];
        }

        return null;
    }
}

using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dapr.Actors.Wire;

namespace Dapr.Actors.Runtime;

/// <summary>The methods of one actor class by name, each compiled to a delegate once.</summary>
internal sealed class ActorMethods
{
    private readonly Dictionary<string, ActorMethod> methods = new(StringComparer.Ordinal);

    public ActorMethods(ActorTypeInformation type, JsonSerializerOptions json)
    {
        json.MakeReadOnly(populateMissingResolver: true);
        foreach (var actorInterface in type.InterfaceTypes) ActorInterface.Check(actorInterface);
        foreach (var method in type.InterfaceTypes.SelectMany(i => i.GetMethods()))
            methods.TryAdd(method.Name, new ActorMethod(method, json));
    }

    public ActorMethod? Find(string name) => methods.GetValueOrDefault(name);
}

/// <summary>A method of an actor's interface, ready to call. A trailing cancellation token is the runtime's to fill.</summary>
internal sealed class ActorMethod
{
    private readonly Func<Actor, object?[], CancellationToken, Task> call;
    private readonly Func<Task, object?>? resultOf;

    public ActorMethod(MethodInfo method, JsonSerializerOptions json)
    {
        Name = method.Name;
        var all = method.GetParameters();
        var takesToken = all is [.., var last] && last.ParameterType == typeof(CancellationToken);
        Parameters = takesToken ? all[..^1] : all;
        call = CompileCall(method, Parameters, takesToken);
        if (Parameters.Length == 1) ArgumentType = json.GetTypeInfo(Parameters[0].ParameterType);
        if (!method.ReturnType.IsGenericType) return;
        ResultType = json.GetTypeInfo(method.ReturnType.GenericTypeArguments[0]);
        resultOf = CompileResult(method.ReturnType);
    }

    public string Name { get; }

    public ParameterInfo[] Parameters { get; }

    /// <summary>How to read the argument; null when there is not exactly one.</summary>
    public JsonTypeInfo? ArgumentType { get; }

    /// <summary>How to write the result; null when there is none.</summary>
    public JsonTypeInfo? ResultType { get; }

    public async ValueTask<object?> CallAsync(Actor actor, object?[] args, CancellationToken cancellation)
    {
        var task = call(actor, args, cancellation);
        await task.ConfigureAwait(false);
        return resultOf?.Invoke(task);
    }

    private static Func<Actor, object?[], CancellationToken, Task> CompileCall(MethodInfo method, ParameterInfo[] parameters, bool takesToken)
    {
        var actor = Expression.Parameter(typeof(Actor));
        var args = Expression.Parameter(typeof(object?[]));
        var cancellation = Expression.Parameter(typeof(CancellationToken));
        var values = parameters.Select(Expression (p, i) => Argument(args, p.ParameterType, i)).ToList();
        if (takesToken) values.Add(cancellation);
        var body = Expression.Call(Expression.Convert(actor, method.DeclaringType!), method, values);
        return Expression.Lambda<Func<Actor, object?[], CancellationToken, Task>>(
            Expression.Convert(body, typeof(Task)), actor, args, cancellation).Compile();
    }

    // An argument that the body lacks is null; a value type then takes its default.
    private static ConditionalExpression Argument(ParameterExpression args, Type type, int index)
    {
        var value = Expression.ArrayIndex(args, Expression.Constant(index));
        return Expression.Condition(
            Expression.ReferenceEqual(value, Expression.Constant(null)), Expression.Default(type), Expression.Convert(value, type));
    }

    private static Func<Task, object?> CompileResult(Type taskType)
    {
        var task = Expression.Parameter(typeof(Task));
        var result = Expression.Property(Expression.Convert(task, taskType), nameof(Task<>.Result));
        return Expression.Lambda<Func<Task, object?>>(Expression.Convert(result, typeof(object)), task).Compile();
    }
}

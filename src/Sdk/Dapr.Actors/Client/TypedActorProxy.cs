using System.Collections.Concurrent;
using System.Reflection;
using Dapr.Actors.Wire;

namespace Dapr.Actors.Client;

/// <summary>
/// Implements an actor's interface over the weakly typed proxy. What a method needs (argument names, how to make its task) is worked out
/// once per method; a call then costs the argument array of <see cref="DispatchProxy"/> and the body.
/// </summary>
internal class TypedActorProxy : DispatchProxy, IActorProxy
{
    private static readonly ConcurrentDictionary<MethodInfo, TypedMethod> methods = new();
    private ActorProxy inner = null!;

    public ActorId ActorId => inner.ActorId;

    public string ActorType => inner.ActorType;

    public static object Create(Type actorInterface, ActorProxy inner)
    {
        ArgumentNullException.ThrowIfNull(actorInterface);
        ActorInterface.Check(actorInterface);
        var proxy = Create(actorInterface, typeof(TypedActorProxy));
        ((TypedActorProxy)proxy).inner = inner;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var method = methods.GetOrAdd(targetMethod!, static m => TypedMethod.Describe(m));
        return method.Start(inner, args ?? []);
    }

    private sealed class TypedMethod
    {
        private readonly RemotingMethod wire;
        private readonly ParameterInfo[] parameters;
        private readonly int cancellationIndex;
        private readonly Func<TypedMethod, ActorProxy, object?[], Task> start;

        private TypedMethod(MethodInfo method)
        {
            wire = RemotingMethod.Of(method);
            parameters = method.GetParameters();
            cancellationIndex = parameters is [.., var last] && last.ParameterType == typeof(CancellationToken) ? parameters.Length - 1 : -1;
            if (cancellationIndex >= 0) parameters = parameters[..cancellationIndex];
            start = StarterFor(method.ReturnType);
        }

        public static TypedMethod Describe(MethodInfo method) => new(method);

        public Task Start(ActorProxy proxy, object?[] args) => start(this, proxy, args);

        private static Func<TypedMethod, ActorProxy, object?[], Task> StarterFor(Type returned)
        {
            if (returned == typeof(Task)) return static (m, proxy, args) => m.CallAsync(proxy, args);
            var call = typeof(TypedMethod).GetMethod(nameof(CallForAsync), BindingFlags.Instance | BindingFlags.NonPublic)!
                .MakeGenericMethod(returned.GenericTypeArguments[0]);
            return call.CreateDelegate<Func<TypedMethod, ActorProxy, object?[], Task>>();
        }

        private async Task CallAsync(ActorProxy proxy, object?[] args)
        {
            using var response = await SendAsync(proxy, args).ConfigureAwait(false);
        }

        private async Task<T?> CallForAsync<T>(ActorProxy proxy, object?[] args)
        {
            using var response = await SendAsync(proxy, args).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
            return TypedBody.ReadResult<T>(body, proxy.Json);
        }

        private Task<HttpResponseMessage> SendAsync(ActorProxy proxy, object?[] args)
        {
            var cancellation = cancellationIndex < 0 ? default : (CancellationToken)args[cancellationIndex]!;
            return proxy.InvokeTypedAsync(wire, TypedBody.Write(wire.Name, parameters, args, proxy.TypedJson), cancellation);
        }
    }
}

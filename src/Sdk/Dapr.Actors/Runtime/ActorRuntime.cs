using System.Text.Json;
using Dapr.Actors.Client;
using Dapr.Actors.Wire;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>Runs the app's actors on behalf of the sidecar. Thread-safe.</summary>
public sealed class ActorRuntime
{
    // The official SDK names its own method rather than the callback.
    private static readonly ActorMethodContext timerTurn = new("FireTimerAsync", ActorCallType.TimerMethod);

    private readonly ActorRuntimeOptions options;
    private readonly Dictionary<string, HostedType> types = new(StringComparer.Ordinal);

    internal ActorRuntime(
        ActorRuntimeOptions options, ILoggerFactory loggerFactory, ActorActivatorFactory activators, IActorProxyFactory proxies)
    {
        this.options = options;
        var sidecar = new SidecarActors(options.HttpEndpoint ?? SidecarAddress.HttpEndpoint(), options.DaprApiToken ?? SidecarAddress.ApiToken());
        var timers = new SidecarTimerManager(sidecar);
        foreach (var registration in options.Actors)
        {
            // A type's own options are for the sidecar alone: all types of an app write JSON alike.
            var services = new HostServices(loggerFactory, options.JsonSerializerOptions, proxies, timers, sidecar);
            var activator = registration.Activator ?? activators.CreateActivator(registration.Type);
            types[registration.Type.ActorTypeName] = new HostedType(registration, activator, services);
        }
    }

    /// <summary>The actor types that the app hosts.</summary>
    public IReadOnlyList<ActorRegistration> RegisteredActors => options.Actors;

    /// <summary>The answer to the sidecar's question for the app's actors.</summary>
    internal byte[] DescribeHosting() => HostingDescription.Write(options);

    internal bool UsesJson => options.UseJsonSerialization;

    internal HostedType? Find(string type) => types.GetValueOrDefault(type);

    internal static ValueTask<object?> InvokeAsync(HostedType type, string id, ActorMethod method, object?[] args, CancellationToken cancellation)
    {
        var turn = new ActorMethodContext(method.Name, ActorCallType.ActorInterfaceMethod);
        return type.TakeTurnAsync(id, turn, actor => method.CallAsync(actor, args, cancellation));
    }

    internal static async Task FireReminderAsync(HostedType type, string id, string name, JsonElement body)
    {
        if (!type.Type.IsRemindable) return;
        var firing = Firing.Read(body);
        var turn = new ActorMethodContext(nameof(IRemindable.ReceiveReminderAsync), ActorCallType.ReminderMethod);
        await type.TakeTurnAsync(id, turn, async actor =>
        {
            await ((IRemindable)actor).ReceiveReminderAsync(name, firing.Data, firing.DueTime, firing.Period).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }

    /// <summary>What the callback returned, if it returns a truth value; else false.</summary>
    internal static ValueTask<bool> FireTimerAsync(HostedType type, string id, JsonElement body)
    {
        var firing = Firing.Read(body);
        var callback = firing.Callback ?? throw new ArgumentException("A timer's body must name its callback.");
        return type.TakeTurnAsync(id, timerTurn, async actor =>
        {
            var task = TimerCallback.Find(actor.GetType(), callback)(actor, firing.Data);
            await task.ConfigureAwait(false);
            return task is Task<bool> truth && await truth.ConfigureAwait(false);
        });
    }
}

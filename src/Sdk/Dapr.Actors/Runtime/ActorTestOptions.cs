using System.Text.Json;
using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Actors.Runtime;

/// <summary>What <see cref="ActorHost.CreateForTest{TActor}(ActorTestOptions?)"/> hands to the actor under test.</summary>
public sealed class ActorTestOptions
{
    /// <summary>The actor's id; a random one unless set.</summary>
    public ActorId ActorId { get; set; } = ActorId.CreateRandom();

    /// <summary>Makes loggers; silent ones unless set.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>Options of JSON; the web defaults unless set.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; set; } = new(JsonSerializerDefaults.Web);

    /// <summary>Makes proxies; one that fails unless set.</summary>
    public IActorProxyFactory ProxyFactory { get; set; } = new NoProxies();

    /// <summary>Keeps reminders and timers; one that fails unless set.</summary>
    public ActorTimerManager TimerManager { get; set; } = new NoTimers();

    private sealed class NoProxies : IActorProxyFactory
    {
        private static InvalidOperationException Missing => new("This actor was made for tests; set ActorTestOptions.ProxyFactory.");

        public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) => throw Missing;

        public TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
            where TActorInterface : IActor => throw Missing;

        public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null) =>
            throw Missing;
    }

    private sealed class NoTimers : ActorTimerManager
    {
        private static InvalidOperationException Missing => new("This actor was made for tests; set ActorTestOptions.TimerManager.");

        public override Task RegisterReminderAsync(ActorReminder reminder) => throw Missing;

        public override Task<IActorReminder?> GetReminderAsync(ActorReminderToken reminder) => throw Missing;

        public override Task UnregisterReminderAsync(ActorReminderToken reminder) => throw Missing;

        public override Task RegisterTimerAsync(ActorTimer timer) => throw Missing;

        public override Task UnregisterTimerAsync(ActorTimerToken timer) => throw Missing;
    }
}

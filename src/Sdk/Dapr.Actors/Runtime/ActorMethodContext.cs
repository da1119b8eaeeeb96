namespace Dapr.Actors.Runtime;

/// <summary>What makes an actor take a turn.</summary>
public enum ActorCallType
{
    /// <summary>A call of one of its methods.</summary>
    ActorInterfaceMethod = 0,

    /// <summary>A timer.</summary>
    TimerMethod = 1,

    /// <summary>A reminder.</summary>
    ReminderMethod = 2,
}

/// <summary>The turn an actor takes.</summary>
#pragma warning disable CA1815 // the official SDK declares no equality here
public readonly struct ActorMethodContext
#pragma warning restore CA1815
{
    internal ActorMethodContext(string methodName, ActorCallType callType)
    {
        MethodName = methodName;
        CallType = callType;
    }

    /// <summary>The method; <c>ReceiveReminderAsync</c> for reminders, <c>FireTimerAsync</c> for timers.</summary>
    public string MethodName { get; }

    /// <summary>What made the actor take it.</summary>
    public ActorCallType CallType { get; }
}

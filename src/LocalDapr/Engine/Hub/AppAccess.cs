namespace LocalDapr.Engine.Hub;

/// <summary>What another app wants of this one, for whoever decides whether it may. The name is empty when there is no such instance.</summary>
public sealed record AppAccess(string CallerApp, AppOperation Operation, string Name);

/// <summary>Kinds of what one app may want of another; activities can only be scheduled, all else is wanted of workflows.</summary>
public enum AppOperation
{
    ScheduleActivity,
    ScheduleWorkflow,
    Terminate,
    Purge,
    Get,
}

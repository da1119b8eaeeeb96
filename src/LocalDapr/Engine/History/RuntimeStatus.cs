namespace LocalDapr.Engine.History;

/// <summary>The status of an instance; values are those of the task hub protocol.</summary>
public enum RuntimeStatus
{
    Running = 0,
    Completed = 1,
    ContinuedAsNew = 2,
    Failed = 3,
    Canceled = 4,
    Terminated = 5,
    Pending = 6,
    Suspended = 7,
    Stalled = 8,
}

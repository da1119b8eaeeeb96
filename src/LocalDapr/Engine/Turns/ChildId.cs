using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Turns;

/// <summary>The id of a child that its parent did not name.</summary>
public static class ChildId
{
    public static string Of(string parentId, int actionId) => $"{parentId}:{actionId:x4}";

    /// <summary>What a parent hears when an active instance has the id already.</summary>
    internal static FailureDetails Taken(string id) => NotFree($"an active workflow with ID '{id}' already exists");

    internal static FailureDetails NotFree(string why) => new("WorkflowInstanceAlreadyExists", why);
}

namespace LocalDapr.Engine.Turns;

/// <summary>The id of a child that its parent did not name.</summary>
public static class ChildId
{
    public static string Of(string parentId, int actionId) => $"{parentId}:{actionId:x4}";
}

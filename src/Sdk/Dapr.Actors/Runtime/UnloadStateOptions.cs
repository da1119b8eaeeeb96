namespace Dapr.Actors.Runtime;

/// <summary>How <see cref="IActorStateManager.UnloadStateAsync"/> treats changes that are not saved.</summary>
public class UnloadStateOptions
{
    /// <summary>Whether a changed value may be dropped from the cache with its change; if not, unloading it fails.</summary>
    public bool AllowUnloadingWhenStateModified { get; set; }
}

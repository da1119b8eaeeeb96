using System.Diagnostics.CodeAnalysis;

namespace Dapr.Client;

public abstract partial class DaprClient
{
    /// <summary>Locks a resource for a time, unless somebody holds it.</summary>
    [Experimental("DAPR_DISTRIBUTEDLOCK")]
    public abstract Task<TryLockResponse> Lock(
        string storeName, string resourceId, string lockOwner, int expiryInSeconds, CancellationToken cancellationToken = default);

    /// <summary>Unlocks a resource that this owner holds.</summary>
    [Experimental("DAPR_DISTRIBUTEDLOCK")]
    public abstract Task<UnlockResponse> Unlock(string storeName, string resourceId, string lockOwner, CancellationToken cancellationToken = default);
}

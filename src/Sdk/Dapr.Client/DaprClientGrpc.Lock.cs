using System.Diagnostics.CodeAnalysis;
using Dapr.Protocol;
using Wire = Dapr.Protocol.Runtime.V1;

namespace Dapr.Client;

internal sealed partial class DaprClientGrpc
{
    [Experimental("DAPR_DISTRIBUTEDLOCK")]
    public override async Task<TryLockResponse> Lock(
        string storeName, string resourceId, string lockOwner, int expiryInSeconds, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(resourceId);
        ArgumentException.ThrowIfNullOrEmpty(lockOwner);
        if (expiryInSeconds <= 0) throw new ArgumentException($"A lock needs a time to hold it, not {expiryInSeconds} seconds.", nameof(expiryInSeconds));
        var request = new Wire.TryLockRequest { StoreName = storeName, ResourceId = resourceId, LockOwner = lockOwner, ExpiryInSeconds = expiryInSeconds };
        var response = await CallAsync(DaprMethods.TryLockAlpha1, request, "lock a resource", cancellationToken).ConfigureAwait(false);
        return new() { Success = response.Success, StoreName = storeName, ResourceId = resourceId, LockOwner = lockOwner, Client = this };
    }

    [Experimental("DAPR_DISTRIBUTEDLOCK")]
    public override async Task<UnlockResponse> Unlock(
        string storeName, string resourceId, string lockOwner, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(resourceId);
        ArgumentException.ThrowIfNullOrEmpty(lockOwner);
        var request = new Wire.UnlockRequest { StoreName = storeName, ResourceId = resourceId, LockOwner = lockOwner };
        var response = await CallAsync(DaprMethods.UnlockAlpha1, request, "unlock a resource", cancellationToken).ConfigureAwait(false);
        return new(response.Status switch
        {
            Wire.UnlockResponse.Types.Status.Success => LockStatus.Success,
            Wire.UnlockResponse.Types.Status.LockDoesNotExist => LockStatus.LockDoesNotExist,
            Wire.UnlockResponse.Types.Status.LockBelongsToOthers => LockStatus.LockBelongsToOthers,
            _ => LockStatus.InternalError,
        });
    }
}

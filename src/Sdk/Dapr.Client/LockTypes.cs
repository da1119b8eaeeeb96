using System.Diagnostics.CodeAnalysis;

namespace Dapr.Client;

/// <summary>What became of an unlock.</summary>
public enum LockStatus
{
    /// <summary>The lock is free.</summary>
    Success,

    /// <summary>There was no such lock.</summary>
    LockDoesNotExist,

    /// <summary>Somebody else holds it.</summary>
    LockBelongsToOthers,

    /// <summary>The store failed.</summary>
    InternalError,
}

/// <summary>The outcome of an unlock.</summary>
public class UnlockResponse(LockStatus status)
{
    /// <summary>What became of it.</summary>
#pragma warning disable CA1707, IDE1006 // the official SDK's name
    public LockStatus status { get; set; } = status;
#pragma warning restore CA1707, IDE1006
}

/// <summary>The outcome of a lock. Disposing it unlocks what it has locked.</summary>
[Experimental("DAPR_DISTRIBUTEDLOCK")]
public sealed class TryLockResponse : IAsyncDisposable
{
    /// <summary>Whether the resource is locked now.</summary>
    public bool Success { get; init; }

    /// <summary>The resource.</summary>
    public string ResourceId { get; init; } = null!;

    /// <summary>Who holds the lock.</summary>
    public string LockOwner { get; init; } = null!;

    /// <summary>The lock store's component name.</summary>
    public string StoreName { get; init; } = null!;

    internal DaprClient? Client { get; init; }

    /// <summary>Unlocks, through the client that locked.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Success) return;
        if (Client is not null)
        {
            await Client.Unlock(StoreName, ResourceId, LockOwner).ConfigureAwait(false);
            return;
        }

        using var client = new DaprClientBuilder().Build();
        await client.Unlock(StoreName, ResourceId, LockOwner).ConfigureAwait(false);
    }
}

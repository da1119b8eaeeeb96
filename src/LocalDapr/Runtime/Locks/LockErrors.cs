using MiniGrpc;

namespace LocalDapr.Runtime;

/// <summary>The errors of the lock API.</summary>
internal static partial class DaprErrors
{
    public static DaprError LockStoresNotConfigured() =>
        new("ERR_LOCK_STORE_NOT_CONFIGURED", 500, StatusCode.FailedPrecondition, "lock store is not configured");

    public static DaprError LockStoreNotFound(string store) =>
        new("ERR_LOCK_STORE_NOT_FOUND", 400, StatusCode.InvalidArgument, $"lock store {store} not found");

    public static DaprError LockFieldEmpty(string field, string store) => BadRequest($"{field} is empty in lock store {store}");

    public static DaprError LockExpiry(string store) => BadRequest($"ExpiryInSeconds is not positive in lock store {store}");
}

using MiniGrpc;

namespace LocalDapr.Runtime;

/// <summary>The errors of the configuration API.</summary>
internal static partial class DaprErrors
{
    public static DaprError ConfigurationStoresNotConfigured() =>
        new("ERR_CONFIGURATION_STORE_NOT_CONFIGURED", 500, StatusCode.FailedPrecondition, "configuration stores not configured");

    public static DaprError ConfigurationStoreNotFound(string store) =>
        new("ERR_CONFIGURATION_STORE_NOT_FOUND", 400, StatusCode.InvalidArgument, $"configuration store {store} not found");

    public static DaprError ConfigurationGet(string keys, string store, string why) =>
        new("ERR_CONFIGURATION_GET", 500, StatusCode.Internal, $"failed to get {keys} from Configuration store {store}: {why}");

    public static DaprError ConfigurationSubscribe(string keys, string store, string why) =>
        new("ERR_CONFIGURATION_SUBSCRIBE", 500, StatusCode.Internal, $"failed to subscribe {keys} from Configuration store {store}: {why}");
}

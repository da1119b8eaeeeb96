namespace Dapr.Client;

public abstract partial class DaprClient
{
    /// <summary>Reads configuration values; all of them when no keys are given.</summary>
    public abstract Task<GetConfigurationResponse> GetConfiguration(
        string storeName, IReadOnlyList<string> keys, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default);

    /// <summary>Follows configuration values; all of them when no keys are given. The sidecar is asked when the source is read.</summary>
    public abstract Task<SubscribeConfigurationResponse> SubscribeConfiguration(
        string storeName, IReadOnlyList<string> keys, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default);

    /// <summary>Ends a subscription.</summary>
    public abstract Task<UnsubscribeConfigurationResponse> UnsubscribeConfiguration(
        string storeName, string id, CancellationToken cancellationToken = default);
}

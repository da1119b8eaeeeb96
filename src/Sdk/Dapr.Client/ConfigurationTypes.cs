namespace Dapr.Client;

/// <summary>A configuration value.</summary>
public class ConfigurationItem(string value, string version, IReadOnlyDictionary<string, string> metadata)
{
    /// <summary>The value.</summary>
    public string Value { get; } = value;

    /// <summary>The store's version of it.</summary>
    public string Version { get; } = version;

    /// <summary>The store's metadata of it.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; } = metadata;
}

/// <summary>The values asked for, by key.</summary>
public class GetConfigurationResponse(IReadOnlyDictionary<string, ConfigurationItem> configMap)
{
    /// <summary>A key that the store does not have is missing.</summary>
    public IReadOnlyDictionary<string, ConfigurationItem> Items { get; } = configMap;
}

/// <summary>Values as they change. To be read once.</summary>
public abstract class ConfigurationSource : IAsyncEnumerable<IDictionary<string, ConfigurationItem>>
{
    /// <summary>The subscription's id; empty until the sidecar has sent it with the first message.</summary>
    public abstract string Id { get; }

    /// <inheritdoc/>
    public abstract IAsyncEnumerator<IDictionary<string, ConfigurationItem>> GetAsyncEnumerator(CancellationToken cancellationToken = default);
}

/// <summary>A subscription to configuration values.</summary>
public class SubscribeConfigurationResponse(ConfigurationSource source)
{
    /// <summary>What to unsubscribe by; empty until the first message has been read.</summary>
    public string Id => source.Id;

    /// <summary>Values as they change. To be read once.</summary>
    public IAsyncEnumerable<IDictionary<string, ConfigurationItem>> Source => source;
}

/// <summary>The end of a subscription.</summary>
public class UnsubscribeConfigurationResponse(bool ok, string message)
{
    /// <summary>Whether there was such a subscription.</summary>
    public bool Ok { get; } = ok;

    /// <summary>Why not.</summary>
    public string Message { get; } = message;
}

using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Runtime.State;

/// <summary>Dapr's <c>keyPrefix</c>: which apps share a key.</summary>
internal sealed record KeyPrefix(string Text, string Store)
{
    private const string Separator = "||";

    public static KeyPrefix Of(Component component, SidecarOptions options)
    {
        var strategy = component.Get("keyPrefix", "appid");
        if (strategy.Contains(Separator, StringComparison.Ordinal))
            throw new StartupException($"component {component} in {component.File}: keyPrefix '{strategy}' can't contain '||'");
        var text = strategy.ToUpperInvariant() switch
        {
            "APPID" => options.AppId + Separator,
            "NAME" => component.Name + Separator,
            "NAMESPACE" => $"{options.Namespace}.{options.AppId}{Separator}",
            "NONE" => "",
            _ => strategy + Separator,
        };
        return new KeyPrefix(text, component.Name);
    }

    /// <summary>The key in the store. Throws Dapr's error for a key that could reach into another prefix.</summary>
    public string Of(string key) => key.Contains(Separator, StringComparison.Ordinal) ? throw DaprErrors.IllegalStateKey(key, Store) : Text + key;
}

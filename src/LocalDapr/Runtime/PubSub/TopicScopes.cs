using LocalDapr.Runtime.Components;

namespace LocalDapr.Runtime.PubSub;

/// <summary>Which topics one app may use, by the metadata of a pub/sub component. Pure.</summary>
internal sealed class TopicScopes(Component component, string appId)
{
    private readonly HashSet<string> _allowed = [.. List(component.Get("allowedTopics"), ',')];
    private readonly HashSet<string> _protected = [.. List(component.Get("protectedTopics"), ',')];
    private readonly HashSet<string>? _publishing = OfApp(component.Get("publishingScopes"), appId);
    private readonly HashSet<string>? _subscription = OfApp(component.Get("subscriptionScopes"), appId);

    public bool MayPublish(string topic) => May(topic, _publishing);

    public bool MaySubscribe(string topic) => May(topic, _subscription);

    private bool May(string topic, HashSet<string>? scope)
    {
        if (_allowed.Count > 0 && !_allowed.Contains(topic)) return false;
        // A protected topic needs a scope that names it; an app without a scope may use all the others.
        return scope is null ? !_protected.Contains(topic) : scope.Contains(topic);
    }

    // "app1=t1,t2;app2=": null when the app is not named.
    private static HashSet<string>? OfApp(string? scopes, string appId)
    {
        foreach (var entry in List(scopes, ';'))
        {
            var parts = entry.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts[0] == appId) return [.. List(parts.ElementAtOrDefault(1), ',')];
        }
        return null;
    }

    private static string[] List(string? text, char separator) =>
        (text ?? "").Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

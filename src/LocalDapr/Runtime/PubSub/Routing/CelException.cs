namespace LocalDapr.Runtime.PubSub.Routing;

/// <summary>A rule that cannot be read, or cannot be evaluated for this event.</summary>
internal sealed class CelException(string message) : Exception(message);

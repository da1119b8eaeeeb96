namespace LocalDapr.Runtime.PubSub.Delivery;

/// <summary>
/// The subscriber's stream has ended: its messages are neither retried nor dead-lettered, but wait for the next subscriber.
/// </summary>
internal sealed class SubscriberGoneException() : Exception("the subscriber has gone");

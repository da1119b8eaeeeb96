namespace DaprOrders.Move;

/// <summary>The shop cannot be moved as it is; the message says what to do. Nothing was changed that a second run would mind.</summary>
internal sealed class RefusedException(string message) : Exception(message);

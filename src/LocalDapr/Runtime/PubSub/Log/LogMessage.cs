namespace LocalDapr.Runtime.PubSub.Log;

/// <summary>A message to append.</summary>
internal readonly record struct NewMessage(
    ReadOnlyMemory<byte> Data, IReadOnlyDictionary<string, string>? Metadata = null, DateTimeOffset? Expires = null);

/// <summary>A message as a consumer gets it, with the place in its lease.</summary>
internal sealed record LogMessage(string Topic, byte[] Data, IReadOnlyDictionary<string, string> Metadata, Lease Lease, int Index);

namespace LocalDapr.Runtime.Actors;

/// <summary>A method call on its way to the app. Headers are those the app gets, besides the content type.</summary>
internal sealed record ActorCall(ActorKey Actor, string Method)
{
    public string Query { get; init; } = "";

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public ReadOnlyMemory<byte> Body { get; init; }

    public string? ContentType { get; init; }

    /// <summary>The reentrancy id of the chain that the call belongs to.</summary>
    public string? Chain { get; init; }
}

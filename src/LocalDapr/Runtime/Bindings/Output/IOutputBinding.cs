namespace LocalDapr.Runtime.Bindings.Output;

/// <summary>What a caller asks of an output binding.</summary>
internal sealed record BindingRequest(string Operation, ReadOnlyMemory<byte> Data, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>Trace of the caller, to go with the request.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>The answer of an output binding; null data when the component gives no response at all.</summary>
internal sealed record BindingResponse(ReadOnlyMemory<byte>? Data)
{
    public static BindingResponse None { get; } = new((ReadOnlyMemory<byte>?)null);

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}

/// <summary>A component that data can be sent to. Safe for any number of callers.</summary>
internal interface IOutputBinding
{
    /// <summary>Throws <see cref="BindingException"/> for what goes wrong, with the metadata that are known by then.</summary>
    ValueTask<BindingResponse> InvokeAsync(BindingRequest request, CancellationToken cancellation);
}

/// <summary>Why an output binding failed.</summary>
internal sealed class BindingException(string message) : Exception(message)
{
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}

namespace Dapr.Client;

/// <summary>One event of a bulk publish.</summary>
public class BulkPublishEntry<TValue>(
    string entryId, TValue eventData, string contentType, IReadOnlyDictionary<string, string>? metadata = null)
{
    /// <summary>Its place in the request, as text.</summary>
    public string EntryId { get; } = entryId;

    /// <summary>The event.</summary>
    public TValue EventData { get; } = eventData;

    /// <summary>The content type it was sent with.</summary>
    public string ContentType { get; } = contentType;

    /// <summary>Metadata of this event.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; } = metadata;
}

/// <summary>An event that was not published.</summary>
public class BulkPublishResponseFailedEntry<TValue>(BulkPublishEntry<TValue> entry, string errorMessage)
{
    /// <summary>The event.</summary>
    public BulkPublishEntry<TValue> Entry { get; } = entry;

    /// <summary>Why.</summary>
    public string ErrorMessage { get; } = errorMessage;
}

/// <summary>The outcome of a bulk publish.</summary>
#pragma warning disable CA1002 // a List in the official SDK
public class BulkPublishResponse<TValue>(List<BulkPublishResponseFailedEntry<TValue>> failedEntries)
{
    /// <summary>Empty when all were published.</summary>
    public List<BulkPublishResponseFailedEntry<TValue>> FailedEntries { get; } = failedEntries;
}
#pragma warning restore CA1002

/// <summary>A call of an output binding.</summary>
public sealed class BindingRequest(string bindingName, string operation)
{
    /// <summary>The component's name.</summary>
    public string BindingName { get; } = bindingName;

    /// <summary>The operation.</summary>
    public string Operation { get; } = operation;

    /// <summary>Sent as it is.</summary>
    public ReadOnlyMemory<byte> Data { get; set; }

    /// <summary>Metadata of the call.</summary>
    public Dictionary<string, string> Metadata { get; } = [];
}

/// <summary>What an output binding answered.</summary>
public sealed class BindingResponse(BindingRequest request, ReadOnlyMemory<byte> data, IReadOnlyDictionary<string, string> metadata)
{
    /// <summary>The call.</summary>
    public BindingRequest Request { get; } = request;

    /// <summary>The answer's bytes.</summary>
    public ReadOnlyMemory<byte> Data { get; } = data;

    /// <summary>The answer's metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; } = metadata;
}

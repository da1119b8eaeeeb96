namespace Dapr.AspNetCore;

#pragma warning disable CA1002 // a List in the official SDK
#pragma warning disable CA1707 // the wire's names

/// <summary>What became of a message.</summary>
public enum BulkSubscribeAppResponseStatus
{
    /// <summary>It is handled.</summary>
    SUCCESS,

    /// <summary>It is to come again.</summary>
    RETRY,

    /// <summary>It is given up, to the dead-letter topic if there is one.</summary>
    DROP,
}

/// <summary>The answer to a bulk delivery. A message that it does not name comes again.</summary>
public class BulkSubscribeAppResponse(List<BulkSubscribeAppResponseEntry> statuses)
{
    /// <summary>One for each message.</summary>
    public List<BulkSubscribeAppResponseEntry> Statuses { get; } = statuses;
}

/// <summary>The answer for one message.</summary>
public class BulkSubscribeAppResponseEntry(string entryId, BulkSubscribeAppResponseStatus status)
{
    /// <summary>The message.</summary>
    public string EntryId { get; } = entryId;

    /// <summary>The name of a <see cref="BulkSubscribeAppResponseStatus"/>.</summary>
    public string Status { get; } = status.ToString();
}

namespace Dapr.Actors.Runtime;

/// <summary>A value that may be absent.</summary>
public readonly record struct ConditionalValue<TValue>
{
    /// <summary>Takes whether there is a value, and the value.</summary>
    public ConditionalValue(bool hasValue, TValue value)
    {
        HasValue = hasValue;
        Value = value;
    }

    /// <summary>Whether there is a value.</summary>
    public bool HasValue { get; }

    /// <summary>The value; the type's default when there is none.</summary>
    public TValue Value { get; }
}

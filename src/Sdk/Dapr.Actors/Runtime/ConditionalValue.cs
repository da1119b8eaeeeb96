namespace Dapr.Actors.Runtime;

/// <summary>A value that may be absent.</summary>
#pragma warning disable CA1815 // the official SDK declares no equality here
public readonly struct ConditionalValue<TValue>
#pragma warning restore CA1815
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

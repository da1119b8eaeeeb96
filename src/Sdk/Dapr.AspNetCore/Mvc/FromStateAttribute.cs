using Dapr.AspNetCore;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Microsoft.AspNetCore.Mvc;

#pragma warning disable CA1813 // not sealed in the official SDK

/// <summary>Fills a parameter from a state store, as a value or as a <see cref="Dapr.StateEntry{TValue}"/>. Needs AddControllers().AddDapr().</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public class FromStateAttribute : Attribute, IBindingSourceMetadata
{
    /// <summary>The key is the route value of the parameter's name.</summary>
    public FromStateAttribute(string storeName)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        StoreName = storeName;
    }

    /// <summary>The key is the route value of this name.</summary>
    public FromStateAttribute(string storeName, string? key)
    {
        StoreName = storeName;
        Key = key;
    }

    /// <summary>The state store's component name.</summary>
    public string StoreName { get; }

    /// <summary>The name of the route value that holds the key; null for the parameter's name.</summary>
    public string? Key { get; }

    /// <inheritdoc/>
    public BindingSource BindingSource => new StateBindingSource(StoreName, Key);
}

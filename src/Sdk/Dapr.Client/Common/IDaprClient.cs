using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Common;

/// <summary>A client of the sidecar.</summary>
#pragma warning disable CA1040 // a marker in the official SDK too
public interface IDaprClient : IDisposable;
#pragma warning restore CA1040

/// <summary>Further choices for a client that was added to services.</summary>
public interface IDaprServiceBuilder
{
    /// <summary>The services it adds to.</summary>
    IServiceCollection Services { get; }
}

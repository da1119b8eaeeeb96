using LocalDapr.Runtime.Storage;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Hosting;

/// <summary>What the sidecars of one process share: databases, the directory of sidecars, the clock and the log.</summary>
public sealed class RuntimeHost : IAsyncDisposable
{
    /// <summary>The version of Dapr whose API is served.</summary>
    public const string RuntimeVersion = "1.18.3";

    /// <summary>Nothing starts before <see cref="Sidecar.StartAsync"/>.</summary>
    public RuntimeHost(ILoggerFactory loggerFactory, TimeProvider? time = null)
    {
        (LoggerFactory, Time) = (loggerFactory, time ?? TimeProvider.System);
        Databases = new SqliteDatabases(loggerFactory);
    }

    /// <summary>The log of the process.</summary>
    public ILoggerFactory LoggerFactory { get; }

    /// <summary>The clock of the process.</summary>
    public TimeProvider Time { get; }

    internal SqliteDatabases Databases { get; }

    internal SidecarDirectory Sidecars { get; } = new();

    internal LocalDapr.Runtime.Workflows.SharedEngines Workflows { get; } = new();

    internal LocalDapr.Runtime.Actors.Hosting.ActorPlacement Actors { get; } = new();

    /// <summary>Stops the sidecars that still run, then commits and closes the databases.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var sidecar in Sidecars.All) await sidecar.DisposeAsync();
        await Databases.DisposeAsync();
    }
}

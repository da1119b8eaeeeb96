using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Hosting;

/// <summary>One Dapr building block of one sidecar. <see cref="Blocks"/> lists them; calls come in the order written here.</summary>
internal interface IBuildingBlock
{
    /// <summary>Opens the components of the block. Throws <see cref="StartupException"/> for what its owner must correct.</summary>
    ValueTask OpenAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <summary>Takes up changed components and resources; may come before the start. A failure ends the sidecar.</summary>
    ValueTask ReloadAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <summary>Adds the routes of the HTTP API.</summary>
    void MapHttp(IEndpointRouteBuilder http);

    /// <summary>Adds the methods of the gRPC API.</summary>
    void MapGrpc(IEndpointRouteBuilder grpc);

    /// <summary>Adds what other sidecar processes call on the internal port (HTTP/1.1 and h2c).</summary>
    void MapInternal(IEndpointRouteBuilder sidecars)
    {
    }

    /// <summary>Runs once the listeners are up and the app's port is open; the sidecar is ready when every block has returned.</summary>
    ValueTask StartAsync(CancellationToken cancellation);

    /// <summary>
    /// Ends what the block sends to the app by itself, before the app is told to end; the APIs go on. Runs in the order of the start,
    /// and may be left out.
    /// </summary>
    ValueTask DrainAsync(CancellationToken limit) => ValueTask.CompletedTask;

    /// <summary>Runs in reverse order, while listeners and app still answer.</summary>
    ValueTask StopAsync(CancellationToken cancellation);
}

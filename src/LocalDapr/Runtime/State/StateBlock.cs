using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.State;

/// <summary>The state API.</summary>
internal sealed class StateBlock(Sidecar sidecar) : IBuildingBlock
{
    private readonly StateService _service = new(sidecar);

    public ValueTask OpenAsync(CancellationToken cancellation) => sidecar.State.OpenAsync(cancellation);

    public ValueTask ReloadAsync(CancellationToken cancellation) => sidecar.State.OpenAsync(cancellation);

    public void MapHttp(IEndpointRouteBuilder http) => http.MapStateHttp(_service);

    public void MapGrpc(IEndpointRouteBuilder grpc) => grpc.MapStateGrpc(_service);

    public ValueTask StartAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public ValueTask StopAsync(CancellationToken cancellation) => ValueTask.CompletedTask;
}

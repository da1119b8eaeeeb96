using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Bindings;

/// <summary>Input and output bindings of one sidecar.</summary>
internal sealed class BindingsBlock : IBuildingBlock, IDisposable
{
    private readonly OutputBindings _output;
    private readonly InputBindings _input;

    public BindingsBlock(Sidecar sidecar)
    {
        _output = new OutputBindings(sidecar);
        _input = new InputBindings(sidecar, _output, sidecar.NewLog("bindings"));
    }

    public async ValueTask OpenAsync(CancellationToken cancellation)
    {
        await _output.OpenAsync();
        await _input.OpenAsync(cancellation);
    }

    public ValueTask ReloadAsync(CancellationToken cancellation) => OpenAsync(cancellation);

    public void MapHttp(IEndpointRouteBuilder http) => BindingEndpoints.MapBindings(http, _output);

    public void MapGrpc(IEndpointRouteBuilder grpc) => BindingGrpcService.MapBindings(grpc, _output);

    public ValueTask StartAsync(CancellationToken cancellation) => _input.StartAsync(cancellation);

    public ValueTask DrainAsync(CancellationToken limit) => _input.StopAsync(limit);

    public async ValueTask StopAsync(CancellationToken cancellation)
    {
        await _input.StopAsync(cancellation);
        Dispose();
    }

    public void Dispose() => _output.Dispose();
}

using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Telemetry.Traces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Invocation;

/// <summary>Service invocation over HTTP and gRPC, and what other sidecar processes call here for it.</summary>
internal sealed class InvocationBlock : IBuildingBlock, IDisposable
{
    /// <summary>Carries the status of a gRPC app through an HTTP hop between sidecars.</summary>
    public const string GrpcStatusHeader = "localdapr-grpc-status";

    private readonly Sidecar _sidecar;
    private readonly NameResolution _names;
    private readonly TargetResolver _targets;
    private readonly Invoker _invoker;
    private readonly GrpcProxy _proxy;

    public InvocationBlock(Sidecar sidecar)
    {
        _sidecar = sidecar;
        _names = new NameResolution(sidecar);
        _targets = new TargetResolver(sidecar, _names);
        _invoker = new Invoker(sidecar, _targets);
        _proxy = new GrpcProxy(sidecar, _targets, _names);
    }

    /// <summary>Finds sidecars by app id; for blocks that call other sidecars themselves.</summary>
    public TargetResolver Targets => _targets;

    public void MapHttp(IEndpointRouteBuilder http) => http.MapFallback("{**path}", InvokeAsync);

    public void MapGrpc(IEndpointRouteBuilder grpc)
    {
        grpc.MapInvokeService(_sidecar, _invoker);
        grpc.MapFallback("{**path}", _proxy.ForwardAsync);
    }

    public void MapInternal(IEndpointRouteBuilder sidecars) => sidecars.MapFallback("{**path}", context =>
        context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true
            ? _proxy.ForwardToOwnAppAsync(context)
            : AnswerAsync(context));

    /// <summary>The app whose sidecar sent the request to the internal port; null when it was none.</summary>
    public string? AppOf(HttpContext context) => _names.AppOf(context.Request.Headers);

    public async ValueTask StartAsync(CancellationToken cancellation) => await _names.RegisterAsync(cancellation);

    public async ValueTask StopAsync(CancellationToken cancellation) => await _names.RemoveAsync();

    public void Dispose()
    {
        _invoker.Dispose();
        _proxy.Dispose();
    }

    private async Task InvokeAsync(HttpContext context)
    {
        var (appId, method) = InvocationEndpoints.Target(context) ?? throw DaprErrors.NoInvocationTarget();
        var mayRepeat = !_sidecar.Resiliency.App(appId, method).IsNone;
        var call = await InvocationEndpoints.ReadAsync(context, appId, method, mayRepeat);
        await using var arriving = call.Streamed;
        using var answer = await _invoker.InvokeAsync(call, context.RequestAborted);
        await InvocationEndpoints.AnswerAsync(answer, context);
    }

    // What another process sends is for the app of this sidecar; ids and forwarding headers are in it already.
    private async Task AnswerAsync(HttpContext context)
    {
        try
        {
            var caller = _names.CallerOf(context.Request.Headers, _sidecar);
            var call = await InvocationEndpoints.ReadForwardedAsync(context, _sidecar.Options.AppId) with { Caller = caller };
            await using var arriving = call.Streamed;
            using var answer = await CalleeSpans.SendAsync(_sidecar, call, context.RequestAborted);
            await InvocationEndpoints.PassAsync(answer, context);
        }
        catch (DaprError error) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
            context.Response.Headers[Invoker.RefusalHeader] = error.HttpStatus.ToString();
            await context.Response.WriteAsync(error.Message, context.RequestAborted);
        }
    }
}

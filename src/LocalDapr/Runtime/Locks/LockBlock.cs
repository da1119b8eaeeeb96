using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Locks;

/// <summary>The distributed lock API. Locks belong to an app id, as keys of state do.</summary>
internal sealed class LockBlock(Sidecar sidecar) : IBuildingBlock
{
    private readonly OpenComponents<OpenLocks> _open = new(sidecar, "lock");

    public ValueTask OpenAsync(CancellationToken cancellation) => _open.UpdateAsync(async component =>
    {
        var locks = new SqliteLocks(sidecar.Host.Databases.Get(component.Require("connectionString")), sidecar.Host.Time);
        await locks.OpenAsync(cancellation);
        return new OpenLocks(locks, "lock||" + KeyPrefix.Of(component, sidecar.Options).Text);
    });

    public ValueTask ReloadAsync(CancellationToken cancellation) => OpenAsync(cancellation);

    public void MapHttp(IEndpointRouteBuilder http)
    {
        http.MapPost("/v1.0-alpha1/lock/{store}", async context =>
        {
            var request = await context.Request.ReadProtoJsonAsync<TryLockRequest>();
            request.StoreName = (string)context.Request.RouteValues["store"]!;
            var taken = await TryLockAsync(request, context.RequestAborted);
            await WriteAsync(context, taken ? """{"success":true}""" : """{"success":false}""");
        });
        http.MapPost("/v1.0-alpha1/unlock/{store}", async context =>
        {
            var request = await context.Request.ReadProtoJsonAsync<UnlockRequest>();
            request.StoreName = (string)context.Request.RouteValues["store"]!;
            var outcome = await UnlockAsync(request, context.RequestAborted);
            await WriteAsync(context, $$"""{"status":{{(int)outcome}}}""");
        });
    }

    public void MapGrpc(IEndpointRouteBuilder grpc)
    {
        grpc.MapDapr(DaprMethods.TryLockAlpha1, async (request, call) =>
            new TryLockResponse { Success = await TryLockAsync(request, call.Cancellation) });
        grpc.MapDapr(DaprMethods.UnlockAlpha1, async (request, call) =>
            new UnlockResponse { Status = (UnlockResponse.Types.Status)await UnlockAsync(request, call.Cancellation) });
    }

    public ValueTask StartAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public ValueTask StopAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    private static Task WriteAsync(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json, context.RequestAborted);
    }

    private ValueTask<bool> TryLockAsync(TryLockRequest request, CancellationToken cancellation)
    {
        var store = Find(request.StoreName, request.ResourceId, request.LockOwner);
        if (request.ExpiryInSeconds <= 0) throw DaprErrors.LockExpiry(request.StoreName);
        var expiry = TimeSpan.FromSeconds(request.ExpiryInSeconds);
        return store.Locks.TryLockAsync(store.Prefix + request.ResourceId, request.LockOwner, expiry, cancellation);
    }

    private ValueTask<UnlockOutcome> UnlockAsync(UnlockRequest request, CancellationToken cancellation)
    {
        var store = Find(request.StoreName, request.ResourceId, request.LockOwner);
        return store.Locks.UnlockAsync(store.Prefix + request.ResourceId, request.LockOwner, cancellation);
    }

    private OpenLocks Find(string name, string resource, string owner)
    {
        if (_open.Count == 0) throw DaprErrors.LockStoresNotConfigured();
        if (resource.Length == 0) throw DaprErrors.LockFieldEmpty("ResourceId", name);
        if (owner.Length == 0) throw DaprErrors.LockFieldEmpty("LockOwner", name);
        return _open.Find(name) ?? throw DaprErrors.LockStoreNotFound(name);
    }

    private sealed record OpenLocks(SqliteLocks Locks, string Prefix);
}

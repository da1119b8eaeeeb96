using System.Collections.Concurrent;
using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using MiniGrpc;

namespace DaprOrders.Services.Support;

/// <summary>
/// The sidecar of a service under test: a state store with etags and first-write, an output binding that notes its calls, and service invocation to
/// what the test puts there. A save that Refuse tells to refuse fails, as a store that is away would.
/// </summary>
internal sealed class ServiceSidecar : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Lock gate = new();
    private readonly Dictionary<string, (ByteString Value, long ETag)> state = [];
    private long etags;

    private ServiceSidecar(WebApplication app) => this.app = app;

    public string[] Arguments { get; private set; } = [];

    public ConcurrentQueue<InvokeBindingRequest> Mails { get; } = new();

    public ConcurrentQueue<(string Path, string Body)> Invoked { get; } = new();

    /// <summary>App id → how it answers; an app that is not there is the sidecar's own 500.</summary>
    public ConcurrentDictionary<string, RequestDelegate> Apps { get; } = new();

    public Func<string, bool> Refuse { get; set; } = _ => false;

    /// <summary>A key that cannot be read now.</summary>
    public Func<string, bool> RefuseRead { get; set; } = _ => false;

    public ConcurrentQueue<string> Read { get; } = new();

    public bool MailIsDown { get; set; }

    public ActorStates Actors { get; } = new();

    public static async Task<ServiceSidecar> StartAsync()
    {
        var sidecar = new ServiceSidecar(TwoPorts.Build());
        sidecar.Map();
        await sidecar.app.StartAsync();
        sidecar.Arguments = [$"--DAPR_GRPC_ENDPOINT={sidecar.app.Urls.First()}", $"--DAPR_HTTP_ENDPOINT={sidecar.app.Urls.Last()}"];
        return sidecar;
    }

    public IReadOnlyList<string> Keys(string prefix)
    {
        lock (gate) return [.. state.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal))];
    }

    public string? Document(string key)
    {
        lock (gate) return state.TryGetValue(key, out var found) ? found.Value.ToStringUtf8() : null;
    }

    /// <summary>Behind the service's back; null takes it away.</summary>
    public void Put(string key, string? document)
    {
        lock (gate)
        {
            if (document is null) state.Remove(key);
            else state[key] = (ByteString.CopyFromUtf8(document), ++etags);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        Actors.Dispose();
    }

    private void Map()
    {
        app.MapUnary(DaprMethods.GetState, (request, _) => ValueTask.FromResult(Get(request.Key)));
        app.MapUnary(DaprMethods.GetBulkState, (request, _) =>
        {
            var answer = new GetBulkStateResponse();
            foreach (var key in request.Keys)
            {
                var found = Get(key);
                answer.Items.Add(new BulkStateItem { Key = key, Data = found.Data, Etag = found.Etag });
            }

            return ValueTask.FromResult(answer);
        });
        app.MapUnary(DaprMethods.SaveState, (request, _) =>
        {
            foreach (var item in request.States) Save(item);
            return ValueTask.FromResult(new Empty());
        });
        app.MapUnary(DaprMethods.DeleteState, (request, _) =>
        {
            Delete(request);
            return ValueTask.FromResult(new Empty());
        });
        app.MapUnary(DaprMethods.InvokeBinding, (request, _) =>
        {
            if (MailIsDown) throw new RpcException(StatusCode.Internal, "the mail server is down");
            Mails.Enqueue(request);
            return ValueTask.FromResult(new InvokeBindingResponse());
        });
        Actors.Map(app);
        app.Map("/v1.0/invoke/{app}/method/{**path}", InvokeAsync);
    }

    private GetStateResponse Get(string key)
    {
        Read.Enqueue(key);
        if (RefuseRead(key)) throw new RpcException(StatusCode.Internal, "the store is away");
        lock (gate) return state.TryGetValue(key, out var found) ? new GetStateResponse { Data = found.Value, Etag = $"{found.ETag}" } : new GetStateResponse();
    }

    private void Save(StateItem item)
    {
        if (Refuse(item.Key)) throw new RpcException(StatusCode.Internal, "the store is away");
        lock (gate)
        {
            var exists = state.TryGetValue(item.Key, out var found);
            var etag = item.Etag?.Value ?? "";
            var mayNotExist = etag.Length == 0 && item.Options?.Concurrency == StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite;
            if ((mayNotExist && exists) || (etag.Length > 0 && (!exists || $"{found.ETag}" != etag))) throw new RpcException(StatusCode.Aborted, "etag mismatch");
            state[item.Key] = (item.Value, ++etags);
        }
    }

    private void Delete(DeleteStateRequest request)
    {
        lock (gate)
        {
            var etag = request.Etag?.Value ?? "";
            if (etag.Length > 0 && (!state.TryGetValue(request.Key, out var found) || $"{found.ETag}" != etag)) throw new RpcException(StatusCode.Aborted, "etag mismatch");
            state.Remove(request.Key);
        }
    }

    private async Task InvokeAsync(HttpContext context)
    {
        context.Request.EnableBuffering();
        using var reader = new StreamReader(context.Request.Body, leaveOpen: true);
        Invoked.Enqueue(($"{context.Request.Method} {context.Request.RouteValues["app"]}/{context.Request.RouteValues["path"]}", await reader.ReadToEndAsync()));
        context.Request.Body.Position = 0;
        if (Apps.TryGetValue((string)context.Request.RouteValues["app"]!, out var answer))
        {
            await answer(context);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        await context.Response.WriteAsync("""{"errorCode":"ERR_DIRECT_INVOKE","message":"no such app"}""");
    }
}

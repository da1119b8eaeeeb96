using Dapr.Protocol;
using StateOptions = Dapr.Protocol.Common.V1.StateOptions;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.PubSub.CloudEvents;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.State;

/// <summary>The gRPC face of the state API: values are bytes and stay so.</summary>
internal static class StateGrpcService
{
    public static void MapStateGrpc(this IEndpointRouteBuilder grpc, StateService state)
    {
        grpc.MapDapr(DaprMethods.GetState, async (request, call) =>
        {
            var item = await state.GetAsync(request.StoreName, request.Key, call.Cancellation);
            var response = new GetStateResponse();
            if (item is null) return response;
            response.Data = UnsafeByteOperations.UnsafeWrap(item.Value);
            response.Etag = item.ETag;
            if (item.ExpiresAt is { } expires) response.Metadata["ttlExpireTime"] = StateJson.Time(expires);
            return response;
        });
        grpc.MapDapr(DaprMethods.GetBulkState, async (request, call) =>
        {
            var items = await state.GetManyAsync(request.StoreName, request.Keys, call.Cancellation);
            return new GetBulkStateResponse { Items = { items.Select((item, i) => Bulk(request.Keys[i], item)) } };
        });
        grpc.MapDapr(DaprMethods.SaveState, async (request, call) =>
        {
            await state.SaveAsync(request.StoreName, [.. request.States.Select(item => Read(item, null))], call.Cancellation);
            return new Empty();
        });
        grpc.MapDapr(DaprMethods.DeleteState, async (request, call) =>
        {
            await state.DeleteAsync(request.StoreName, [new StateRequest(request.Key) { ETag = request.Etag?.Value }], call.Cancellation);
            return new Empty();
        });
        grpc.MapDapr(DaprMethods.DeleteBulkState, async (request, call) =>
        {
            await state.DeleteAsync(request.StoreName, [.. request.States.Select(item => Read(item, null))], call.Cancellation);
            return new Empty();
        });
        grpc.MapDapr(DaprMethods.ExecuteStateTransaction, async (request, call) =>
        {
            var operations = request.Operations.Select(o => (o.OperationType, Read(o.Request ?? new global::Dapr.Protocol.Common.V1.StateItem(), request.Metadata))).ToList();
            var headers = call.Http.Request.Headers;
            await state.TransactAsync(request.StoreName, operations, new Trace(headers.TraceParent, headers.TraceState), call.Cancellation);
            return new Empty();
        });
        grpc.MapDapr(DaprMethods.QueryStateAlpha1, (request, _) =>
        {
            state.RefuseQuery(request.StoreName);
            return ValueTask.FromResult(new QueryStateResponse());
        });
    }

    private static BulkStateItem Bulk(string key, StateItem? item)
    {
        var result = new BulkStateItem { Key = key };
        if (item is null) return result;
        result.Data = UnsafeByteOperations.UnsafeWrap(item.Value);
        result.Etag = item.ETag;
        if (item.ExpiresAt is { } expires) result.Metadata["ttlExpireTime"] = StateJson.Time(expires);
        return result;
    }

    private static StateRequest Read(global::Dapr.Protocol.Common.V1.StateItem item, IReadOnlyDictionary<string, string>? transaction)
    {
        var metadata = new Dictionary<string, string>(item.Metadata, StringComparer.Ordinal);
        foreach (var (name, value) in transaction ?? new Dictionary<string, string>()) metadata[name] = value;
        return new StateRequest(item.Key)
        {
            Value = item.Value.Memory,
            ETag = item.Etag?.Value,
            Concurrency = item.Options?.Concurrency == StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite ? "first-write" : "",
            Metadata = metadata,
        };
    }
}

using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Routing;
using MiniGrpc;

namespace LocalDapr.Runtime.ConfigurationApi;

/// <summary>The gRPC face of the configuration API.</summary>
internal static class ConfigurationGrpcService
{
    public static void MapConfigurationGrpc(this IEndpointRouteBuilder grpc, ConfigurationBlock block)
    {
        foreach (var method in (GrpcMethod<GetConfigurationRequest, GetConfigurationResponse>[])
            [DaprMethods.GetConfiguration, DaprMethods.GetConfigurationAlpha1])
            grpc.MapDapr(method, (request, _) =>
            {
                var response = new GetConfigurationResponse();
                foreach (var (key, item) in block.Get(request.StoreName, request.Keys)) response.Items[key] = ToProto(item);
                return ValueTask.FromResult(response);
            });
        foreach (var method in (GrpcMethod<SubscribeConfigurationRequest, SubscribeConfigurationResponse>[])
            [DaprMethods.SubscribeConfiguration, DaprMethods.SubscribeConfigurationAlpha1])
            grpc.MapServerStreaming(method, (request, responses, call) => StreamAsync(block, request, responses, call));
        foreach (var method in (GrpcMethod<UnsubscribeConfigurationRequest, UnsubscribeConfigurationResponse>[])
            [DaprMethods.UnsubscribeConfiguration, DaprMethods.UnsubscribeConfigurationAlpha1])
            grpc.MapDapr(method, (request, _) =>
            {
                var ended = block.Find(request.StoreName).Unsubscribe(request.Id);
                var message = ended ? "" : $"subscription with id {request.Id} does not exist";
                return ValueTask.FromResult(new UnsubscribeConfigurationResponse { Ok = ended, Message = message });
            });
    }

    // The first message brings the id alone; the stream ends with its subscription.
    private static async Task StreamAsync(
        ConfigurationBlock block, SubscribeConfigurationRequest request, IGrpcWriter<SubscribeConfigurationResponse> responses, ServerCall call)
    {
        ConfigurationStore store;
        try
        {
            store = block.Find(request.StoreName);
        }
        catch (DaprError error)
        {
            throw error.ToRpc();
        }
        var (id, changes) = store.Subscribe(request.Keys);
        try
        {
            await responses.WriteAsync(new() { Id = id }, flush: true, call.Cancellation);
            await foreach (var (key, item) in changes.ReadAllAsync(call.Cancellation))
                await responses.WriteAsync(new() { Id = id, Items = { [key] = ToProto(item) } }, flush: true, call.Cancellation);
        }
        finally
        {
            store.Unsubscribe(id);
        }
    }

    private static ConfigurationItem ToProto(ConfigurationValue value)
    {
        var item = new ConfigurationItem { Value = value.Value, Version = value.Version };
        item.Metadata.Add(new Dictionary<string, string>(value.Metadata));
        return item;
    }
}

using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using LocalDapr.Runtime.Bindings.Output;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Bindings;

/// <summary>Output bindings over gRPC.</summary>
internal static class BindingGrpcService
{
    public static void MapBindings(this IEndpointRouteBuilder grpc, OutputBindings bindings) =>
        grpc.MapDapr(DaprMethods.InvokeBinding, async (request, call) =>
        {
            var trace = (string?)call.Http.Request.Headers.TraceParent;
            var metadata = new Dictionary<string, string>(request.Metadata);
            var asked = new BindingRequest(request.Operation, request.Data.Memory, metadata) { TraceParent = trace };
            var response = await bindings.InvokeAsync(request.Name, asked, known: null, call.Cancellation);
            var answer = new InvokeBindingResponse { Data = response.Data is { } data ? ByteString.CopyFrom(data.Span) : ByteString.Empty };
            answer.Metadata.Add(new Dictionary<string, string>(response.Metadata));
            return answer;
        });
}

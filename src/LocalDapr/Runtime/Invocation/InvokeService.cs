using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Routing;
using MiniGrpc;

namespace LocalDapr.Runtime.Invocation;

/// <summary>Dapr/InvokeService: an invocation as one gRPC message.</summary>
internal static class InvokeService
{
    public static void MapInvokeService(this IEndpointRouteBuilder grpc, Sidecar sidecar, Invoker invoker) =>
        grpc.MapDapr(DaprMethods.InvokeService, async (request, call) =>
        {
            if (request.Message is not { } message) throw DaprErrors.InvokeFailed(request.Id, "the request has no message");
            using var answer = await invoker.InvokeAsync(Read(request.Id, message, call), call.Cancellation);
            return await AnswerAsync(answer, call);
        });

    private static InvocationCall Read(string appId, InvokeRequest message, ServerCall call)
    {
        var verb = message.HttpExtension?.Verb ?? HTTPExtension.Types.Verb.None;
        var query = message.HttpExtension?.Querystring ?? "";
        var path = MethodPath.Normalise(message.Method) ?? throw DaprErrors.InvokeFailed(appId, $"'{message.Method}' is no method name");
        return new InvocationCall(appId, HttpMethod.Parse(verb == HTTPExtension.Types.Verb.None ? "POST" : verb.ToString().ToUpperInvariant()), path,
            query.Length == 0 ? "" : "?" + query)
        {
            Headers = [.. call.RequestHeaders.Where(h => !IsProtocol(h.Key))],
            ContentType = message.ContentType is { Length: > 0 } type ? type : message.Data?.TypeUrl is { Length: > 0 } ? null : "application/json",
            Body = message.Data?.Value.Memory ?? default,
            TypeUrl = message.Data?.TypeUrl ?? "",
        };
    }

    private static bool IsProtocol(string name) => name.StartsWith(':') || name.StartsWith("grpc-", StringComparison.Ordinal)
        || name is "content-type" or "te" or "host" or "user-agent" or "content-length" or "accept-encoding" or "dapr-app-id";

    private static async Task<InvokeResponse> AnswerAsync(InvocationAnswer answer, ServerCall call)
    {
        var status = (int)answer.Response.StatusCode;
        var headers = new Metadata { { WellKnownHeaders.HttpStatus, status.ToString() } };
        foreach (var (name, values) in answer.Response.Headers.NonValidated)
            if (!HopHeaders.Stays(name) && name is not (InvocationBlock.GrpcStatusHeader or WellKnownHeaders.TypeUrl))
                foreach (var value in values)
                    headers.TryAdd(name, value);
        var body = await answer.Response.Content.ReadAsByteArrayAsync(call.Cancellation);
        await call.SendHeadersAsync(headers);
        if (answer.GrpcFailure is { } failure) throw failure;
        if (answer.Response.Headers.TryGetValues(InvocationBlock.GrpcStatusHeader, out var code)) throw Forwarded(code.First(), body);
        if (status is < 200 or >= 300) throw OfHttp(answer.Response, status, body);
        return new InvokeResponse
        {
            ContentType = answer.Response.Content.Headers.ContentType?.ToString() ?? "",
            Data = new Any { TypeUrl = answer.TypeUrl, Value = UnsafeByteOperations.UnsafeWrap(body) },
        };
    }

    private static RpcException Forwarded(string code, byte[] body)
    {
        using var json = System.Text.Json.JsonDocument.Parse(body);
        return new RpcException((StatusCode)int.Parse(code), json.RootElement.GetProperty("message").GetString() ?? "");
    }

    private static RpcException OfHttp(HttpResponseMessage response, int status, byte[] body)
    {
        var phrase = response.ReasonPhrase is { Length: > 0 } reason ? reason : status.ToString();
        return new DaprError("", status, GrpcCodes.FromHttp(status), phrase)
        {
            Reason = phrase,
            Info = new Dictionary<string, string>
            {
                ["http.code"] = status.ToString(),
                ["http.error_message"] = System.Text.Encoding.UTF8.GetString(body),
            },
        }.ToRpc();
    }
}

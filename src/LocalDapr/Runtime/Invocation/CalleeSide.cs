using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Hosting;
using MiniGrpc;

namespace LocalDapr.Runtime.Invocation;

/// <summary>The last hop of an invocation: from a sidecar to its own app.</summary>
internal static class CalleeSide
{
    /// <summary>Any status is an answer. Throws <see cref="DaprError"/> when the app cannot be asked.</summary>
    public static async ValueTask<InvocationAnswer> SendAsync(Sidecar callee, InvocationCall call, CancellationToken cancellation)
    {
        var app = callee.App;
        Require(callee, call);
        if (!app.Exists) throw DaprErrors.InvokeFailed(call.AppId, "app channel is not initialized");
        if (!app.Health.IsHealthy) throw DaprErrors.InvokeFailed(call.AppId, "app is not in a healthy state");
        var turn = await app.EnterAsync(cancellation);
        try
        {
            if (app.Grpc is not null) return await OnInvokeAsync(app, call, turn, cancellation);
            using var request = app.NewRequest(call.Verb, call.Path, call.Query);
            Fill(request, call with { ContentType = call.HttpContentType });
            app.AddToken(request);
            return new InvocationAnswer(await app.SendAsync(request, cancellation), turn);
        }
        catch (HttpRequestException error)
        {
            turn.Dispose();
            throw DaprErrors.InvokeFailed(call.AppId, error.Message);
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether the app may be asked for that. A sidecar may call its own app; whom no sidecar vouches for has the default action.
    /// </summary>
    public static bool Allows(Sidecar callee, Caller? caller, string operation, string? verb) =>
        callee.Configuration.AccessControl is not { } control || caller == callee.AsCaller
        || (caller is null ? control.AllowsByDefault : control.Allows(caller.AppId, caller.Namespace, operation, verb));

    private static void Require(Sidecar callee, InvocationCall call)
    {
        if (Allows(callee, call.Caller, call.Path, call.Verb.Method)) return;
        var who = call.Caller is { } caller ? $"spiffe://public/ns/{caller.Namespace}/{caller.AppId}" : "";
        throw DaprErrors.InvokeDenied(
            callee.Options.AppId, $"access control policy has denied access to id: {who} operation: {call.Path} verb: {call.Verb.Method}");
    }

    /// <summary>Body and headers of the call.</summary>
    public static void Fill(HttpRequestMessage request, InvocationCall call)
    {
        request.Content = call.NewContent();
        if (call.ContentType is not null) (request.Content ??= new ReadOnlyMemoryContent(default)).Headers.TryAddWithoutValidation("Content-Type", call.ContentType);
        foreach (var (name, value) in call.Headers)
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
    }

    private static async Task<InvocationAnswer> OnInvokeAsync(AppChannel app, InvocationCall call, AppChannel.Turn turn, CancellationToken cancellation)
    {
        var message = new InvokeRequest
        {
            Method = call.Path,
            ContentType = call.ContentType ?? "",
            Data = new Any { TypeUrl = call.TypeUrl, Value = await WholeAsync(call, cancellation) },
            HttpExtension = new HTTPExtension
            {
                Verb = System.Enum.TryParse<HTTPExtension.Types.Verb>(call.Verb.Method, ignoreCase: true, out var verb) ? verb : HTTPExtension.Types.Verb.None,
                Querystring = call.Query.TrimStart('?'),
            },
        };
        try
        {
            var options = new CallOptions { Headers = MetadataOf(app, call), Cancellation = cancellation };
            var answer = await app.Grpc!.UnaryAsync(AppCallbackMethods.OnInvoke, message, options);
            return new InvocationAnswer(Ok(answer), turn) { TypeUrl = answer.Data?.TypeUrl ?? "" };
        }
        catch (RpcException error)
        {
            return new InvocationAnswer(Failed(error), turn) { GrpcFailure = error };
        }
    }

    private static async ValueTask<ByteString> WholeAsync(InvocationCall call, CancellationToken cancellation) =>
        call.Streamed is { } arriving ? await ByteString.FromStreamAsync(arriving, cancellation) : ByteString.CopyFrom((call.Body ?? default).Span);

    private static MiniGrpc.Metadata MetadataOf(AppChannel app, InvocationCall call)
    {
        var metadata = app.NewMetadata();
        foreach (var (name, value) in call.Headers)
            if (IsMetadata(name))
                metadata.TryAdd(name, value);
        return metadata;
    }

    // What HTTP/2 or gRPC itself sets cannot be set twice.
    private static bool IsMetadata(string name) => !name.StartsWith(':')
        && name.ToUpperInvariant() is not ("HOST" or "USER-AGENT" or "CONTENT-LENGTH" or "ACCEPT-ENCODING" or "GRPC-TIMEOUT" or "GRPC-ENCODING"
            or "GRPC-ACCEPT-ENCODING" or "DAPR-API-TOKEN");

    private static HttpResponseMessage Ok(InvokeResponse answer)
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ReadOnlyMemoryContent(answer.Data?.Value.Memory ?? default) };
        if (answer.ContentType.Length > 0) response.Content.Headers.TryAddWithoutValidation("Content-Type", answer.ContentType);
        return response;
    }

    private static HttpResponseMessage Failed(RpcException error)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { code = (int)error.StatusCode, message = error.Detail });
        var response = new HttpResponseMessage((HttpStatusCode)GrpcCodes.ToHttp(error.StatusCode)) { Content = new ReadOnlyMemoryContent(body) };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        response.Headers.TryAddWithoutValidation(InvocationBlock.GrpcStatusHeader, ((int)error.StatusCode).ToString());
        return response;
    }
}

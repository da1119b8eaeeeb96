using System.Net.Http.Headers;
using System.Text;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace LocalDapr.Runtime.Invocation;

/// <summary>Between HTTP requests and invocation calls.</summary>
internal static class InvocationEndpoints
{
    /// <summary>Bodies up to this size are read whole, which is cheaper than passing them on in pieces.</summary>
    private const long WholeBodyBytes = 64 << 10;

    private const string NoTrace = "00-00000000000000000000000000000000-0000000000000000-00";

    /// <summary>The id in the path, in the header, or in the basic authentication; null when nobody is named.</summary>
    public static (string AppId, string Method)? Target(HttpContext context)
    {
        var path = RawPath(context);
        if (path.StartsWith("/v1.0/invoke/", StringComparison.Ordinal))
        {
            var rest = path["/v1.0/invoke/".Length..];
            var marker = rest.IndexOf("/method", StringComparison.Ordinal);
            if (marker > 0 && (rest.Length == marker + 7 || rest[marker + 7] == '/'))
                return (Uri.UnescapeDataString(rest[..marker]), rest[(marker + 7)..]);
        }
        if (context.Request.Headers[WellKnownHeaders.AppId] is { Count: > 0 } header) return (HeaderBytes.ToText(header[0]!), path);
        return BasicUser(context.Request.Headers.Authorization) is { } id ? (id, path) : null;
    }

    public static async ValueTask<InvocationCall> ReadAsync(HttpContext context, string appId, string method, bool mayRepeat)
    {
        var path = MethodPath.Normalise(method) ?? throw DaprErrors.InvokeFailed(appId, $"the method name '{method}' holds characters that a path may not");
        var request = context.Request;
        var whole = mayRepeat && request.ContentLength is not null || request.ContentLength is <= WholeBodyBytes;
        var hasBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true;
        return new InvocationCall(appId, HttpMethod.Parse(request.Method), path, request.QueryString.Value ?? "")
        {
            Headers = Headers(context),
            ContentType = request.ContentType,
            Body = hasBody && whole ? await ReadWholeAsync(request, appId) : default(ReadOnlyMemory<byte>?),
            Streamed = hasBody && !whole ? new MiniGrpc.ArrivingStream(request.Body) : null,
        };
    }

    /// <summary>A call that another sidecar process forwarded: its path and headers are made already.</summary>
    public static async ValueTask<InvocationCall> ReadForwardedAsync(HttpContext context, string appId)
    {
        var call = await ReadAsync(context, appId, RawPath(context), mayRepeat: false);
        var own = context.Request.Headers.Where(h => IsForwarded(h.Key)).SelectMany(h => h.Value, (h, value) => new KeyValuePair<string, string>(h.Key, value ?? ""));
        return call with
        {
            Headers = [.. call.Headers.Where(h => !IsForwarded(h.Key) && !h.Key.Equals(WellKnownHeaders.TypeUrl, StringComparison.OrdinalIgnoreCase)), .. own],
            TypeUrl = Uri.UnescapeDataString(context.Request.Headers[WellKnownHeaders.TypeUrl].ToString()),
        };
    }

    /// <summary>Answers a caller over HTTP, to whom a typed body is protobuf.</summary>
    public static Task AnswerAsync(InvocationAnswer answer, HttpContext context)
    {
        if (answer.TypeUrl.Length > 0) answer.Response.Content.Headers.ContentType = new MediaTypeHeaderValue(WellKnownHeaders.Protobuf);
        return WriteAsync(answer, context);
    }

    /// <summary>Answers the sidecar of another process, which answers its caller.</summary>
    public static Task PassAsync(InvocationAnswer answer, HttpContext context)
    {
        if (answer.GrpcFailure is { } failure) context.Response.Headers[InvocationBlock.GrpcStatusHeader] = ((int)failure.StatusCode).ToString();
        if (answer.TypeUrl.Length > 0) context.Response.Headers[WellKnownHeaders.TypeUrl] = Uri.EscapeDataString(answer.TypeUrl);
        return WriteAsync(answer, context);
    }

    // Piece by piece, as it arrives.
    private static async Task WriteAsync(InvocationAnswer answer, HttpContext context)
    {
        var (from, to) = (answer.Response, context.Response);
        to.StatusCode = (int)from.StatusCode;
        var named = HopHeaders.NamedBy(from.Headers.Connection);
        foreach (var (name, values) in from.Headers.NonValidated)
            if (!HopHeaders.Stays(name) && !named.Contains(name, StringComparer.OrdinalIgnoreCase) && name is not (InvocationBlock.GrpcStatusHeader or WellKnownHeaders.TypeUrl))
                to.Headers[name] = values.ToArray();
        foreach (var (name, values) in from.Content.Headers.NonValidated) to.Headers[name] = values.ToArray();
        if (HttpMethods.IsHead(context.Request.Method) || to.StatusCode is 204 or 304) return;
        await using var body = await from.Content.ReadAsStreamAsync(context.RequestAborted);
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(16 << 10);
        try
        {
            for (int read; (read = await body.ReadAsync(buffer, context.RequestAborted)) > 0;)
                await to.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string RawPath(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var end = target.IndexOf('?', StringComparison.Ordinal);
        var path = end < 0 ? target : target[..end];
        while (path.StartsWith("//", StringComparison.Ordinal)) path = path[1..];
        return path;
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadWholeAsync(HttpRequest request, string appId)
    {
        try
        {
            return await request.ReadBodyAsync();
        }
        catch (DaprError error)
        {
            throw DaprErrors.InvokeFailed(appId, error.Message);
        }
    }

    private static bool IsForwarded(string name) =>
        name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase);

    private static string? BasicUser(string? authorization)
    {
        if (authorization is null || !authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return null;
        var bytes = new byte[authorization.Length];
        if (!Convert.TryFromBase64String(authorization["Basic ".Length..], bytes, out var length)) return null;
        var parts = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return parts is ["dapr-app-id", { Length: > 0 } id] ? id : null;
    }

    private static List<KeyValuePair<string, string>> Headers(HttpContext context)
    {
        var request = context.Request;
        var headers = new List<KeyValuePair<string, string>>(request.Headers.Count + 8);
        var named = HopHeaders.NamedBy([context.Features.Get<RequestHeads>()?.Connection, .. request.Headers.Connection]);
        foreach (var (name, values) in request.Headers)
        {
            if (HopHeaders.Stays(name) || named.Contains(name, StringComparer.OrdinalIgnoreCase)) continue;
            if (name.ToUpperInvariant() is "HOST" or "CONTENT-LENGTH" or "CONTENT-TYPE" or "DAPR-APP-ID") continue;
            foreach (var value in values) headers.Add(new(name, value ?? ""));
        }
        var remote = context.Connection.RemoteIpAddress?.ToString() ?? "127.0.0.1";
        headers.Add(new("X-Forwarded-For", remote));
        headers.Add(new("X-Forwarded-Host", request.Host.Value ?? ""));
        headers.Add(new("Forwarded", $"for={remote};by={context.Connection.LocalIpAddress};host={request.Host.Value}"));
        if (!request.Headers.ContainsKey(WellKnownHeaders.TraceParent)) headers.Add(new(WellKnownHeaders.TraceParent, NoTrace));
        return headers;
    }
}

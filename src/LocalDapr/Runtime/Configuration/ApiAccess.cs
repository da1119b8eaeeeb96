using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Http;

namespace LocalDapr.Runtime.Configuration;

/// <summary>
/// <c>api.allowed</c> and <c>api.denied</c> of the Configuration for one protocol. Without an entry for the protocol everything is open; a
/// denial wins; health is always open. An API that is closed is as one that does not exist.
/// </summary>
internal sealed class ApiAccess
{
    private readonly HashSet<string> _allowed;
    private readonly HashSet<string> _denied;

    public ApiAccess(SidecarConfiguration configuration, string protocol)
    {
        _allowed = Of(configuration.AllowedApis, protocol);
        _denied = Of(configuration.DeniedApis, protocol);
    }

    public bool IsOpen => _allowed.Count == 0 && _denied.Count == 0;

    public bool Allows(string api) => !_denied.Contains(api) && (_allowed.Count == 0 || _allowed.Contains(api));

    /// <summary>The API of a path, e.g. <c>state/v1</c>; what is none of Dapr's own is an invocation.</summary>
    public static string? OfPath(string path)
    {
        if (path.Split('/', 4) is not ["", var version, var name, ..] || !version.StartsWith("v1.0", StringComparison.Ordinal)) return "invoke/v1";
        return name == "healthz" ? null : $"{name}/{Version(version)}";
    }

    /// <summary>The API of a gRPC method; null for what is no method of the Dapr service.</summary>
    public static string? OfMethod(string path)
    {
        const string Service = "/" + global::Dapr.Protocol.DaprMethods.Service + "/";
        if (!path.StartsWith(Service, StringComparison.Ordinal)) return null;
        var method = path[Service.Length..];
        foreach (var stage in (string[])["Alpha1", "Alpha2", "Beta1"])
            if (method.EndsWith(stage, StringComparison.Ordinal))
                return $"{NameOf(method[..^stage.Length])}/v1{(stage == "Alpha2" ? "alpha1" : stage.ToLowerInvariant())}";
        return $"{NameOf(method)}/v1";
    }

    /// <summary>For the HTTP API, before its routes.</summary>
    public Task CheckHttpAsync(HttpContext context, RequestDelegate next)
    {
        if (OfPath(context.Request.Path.Value ?? "/") is not { } api || Allows(api)) return next(context);
        if (api == "invoke/v1" || !Allows("invoke/v1"))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
        context.Request.Path = "/"; // as an unknown route: it may be an invocation by header
        return next(context);
    }

    /// <summary>For the gRPC API, before its methods.</summary>
    public Task CheckGrpcAsync(HttpContext context, RequestDelegate next)
    {
        if (OfMethod(context.Request.Path.Value ?? "/") is not { } api || Allows(api)) return next(context);
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)MiniGrpc.StatusCode.Unimplemented).ToString();
        context.Response.Headers["grpc-message"] = "requested endpoint is not available";
        return Task.CompletedTask;
    }

    private static HashSet<string> Of(IReadOnlyList<ApiRule> rules, string protocol) =>
    [
        .. rules.Where(r => r.Protocol.Equals(protocol, StringComparison.OrdinalIgnoreCase)).Select(r => $"{r.Name}/{Version(r.Version)}"),
    ];

    // v1, v1.0 and v1.0-alpha1 as they are written in paths and in files.
    private static string Version(string text) =>
        text.Replace("v1.0", "v1", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    private static string NameOf(string method) => method switch
    {
        "InvokeService" => "invoke",
        "InvokeBinding" => "bindings",
        "PublishEvent" or "BulkPublishEvent" => "publish",
        "SubscribeTopicEvents" => "subscribe",
        "GetMetadata" or "SetMetadata" => "metadata",
        "TryLock" => "lock",
        "Unlock" => "unlock",
        "Encrypt" or "Decrypt" => "crypto",
        "Shutdown" => "shutdown",
        "Converse" => "conversation",
        _ when method.StartsWith("Subtle", StringComparison.Ordinal) => "subtlecrypto",
        _ when method.Contains("Actor", StringComparison.Ordinal) => "actors",
        _ when method.Contains("Secret", StringComparison.Ordinal) => "secrets",
        _ when method.Contains("Configuration", StringComparison.Ordinal) => "configuration",
        _ when method.Contains("Workflow", StringComparison.Ordinal) => "workflows",
        _ when method.Contains("Job", StringComparison.Ordinal) => "jobs",
        _ when method.Contains("State", StringComparison.Ordinal) => "state",
        _ => method,
    };
}

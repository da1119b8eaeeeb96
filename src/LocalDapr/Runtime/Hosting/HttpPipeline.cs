using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Configuration;
using LocalDapr.Runtime.Invocation;
using LocalDapr.Runtime.Middleware;
using LocalDapr.Runtime.Telemetry.Traces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Hosting;

/// <summary>What happens to every request before its route: errors become answers, paths are cleaned, tokens are checked.</summary>
internal static class HttpPipeline
{
    /// <summary>What the Configuration puts before the HTTP API: traces, closed APIs, handlers.</summary>
    public static void UseConfiguredHttp(this WebApplication app, Sidecar sidecar)
    {
        var (configuration, components) = (sidecar.Configuration, sidecar.Components);
        if (Cors.Of(sidecar.Options.AllowedOrigins) is { } cors) app.Use(next => context => cors.FollowAsync(context, next));
        if (sidecar.FollowsTraces) app.Use(next => context => HttpApiSpans.FollowAsync(context, next, sidecar.Spans));
        if (new ApiAccess(configuration, "http") is { IsOpen: false } access) app.Use(next => context => access.CheckHttpAsync(context, next));
        for (var handlers = HttpMiddleware.Count(configuration.Spec, "httpPipeline", components); handlers > 0; handlers--)
            app.Use(next => context => HttpMiddleware.UppercaseAsync(context, next));
        app.UseRouting();
    }

    /// <summary>What the Configuration puts before the gRPC API.</summary>
    public static void UseConfiguredGrpc(this WebApplication app, Sidecar sidecar)
    {
        if (sidecar.FollowsTraces) app.Use(next => context => GrpcApiSpans.FollowAsync(context, next, sidecar.Spans));
        if (new ApiAccess(sidecar.Configuration, "grpc") is { IsOpen: false } access) app.Use(next => context => access.CheckGrpcAsync(context, next));
        app.UseRouting();
    }

    /// <summary>For the HTTP API; routes come after <see cref="UseConfiguredHttp"/> or UseRouting.</summary>
    public static void UseDaprHttp(this WebApplication app, string? apiToken, ILogger log, CancellationToken ending)
    {
        app.Use(next => context => RequestHeads.FollowAsync(context, next));
        app.Use(next => context => AnswerErrorsAsync(context, next, log, ending));
        app.Use(next => context =>
        {
            if (HasBadEscape(context.Features.Get<IHttpRequestFeature>()!.RawTarget)) return RefuseAsync(context);
            context.Request.Path = Clean(context.Request.Path);
            return next(context);
        });
        if (apiToken is not null) app.Use(next => context => CheckTokenAsync(context, next, HeaderBytes.OfText(apiToken)));
    }

    /// <summary>For the gRPC API; errors of methods are mapped by <see cref="DaprEndpoints"/>.</summary>
    public static void UseDaprGrpc(this WebApplication app, string? apiToken)
    {
        if (apiToken is not null) app.Use(next => context => CheckGrpcTokenAsync(context, next, HeaderBytes.OfText(apiToken)));
    }

    /// <summary>Doubled slashes are one, and a trailing one is none.</summary>
    internal static PathString Clean(PathString path)
    {
        var text = path.Value ?? "/";
        while (text.Contains("//", StringComparison.Ordinal)) text = text.Replace("//", "/", StringComparison.Ordinal);
        return text.Length > 1 && text.EndsWith('/') ? text[..^1] : text;
    }

    /// <summary>Whether a percent sign of the path is none of an escape; Go's server refuses it, Kestrel leaves it as it is.</summary>
    internal static bool HasBadEscape(ReadOnlySpan<char> target)
    {
        if (target.IndexOf('?') is var query and >= 0) target = target[..query];
        for (int at; (at = target.IndexOf('%')) >= 0; target = target[(at + 3)..])
            if (target.Length < at + 3 || !char.IsAsciiHexDigit(target[at + 1]) || !char.IsAsciiHexDigit(target[at + 2]))
                return true;
        return false;
    }

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.Connection = "close";
        return context.Response.WriteAsync("400 Bad Request", context.RequestAborted);
    }

    private static async Task AnswerErrorsAsync(HttpContext context, RequestDelegate next, ILogger log, CancellationToken ending)
    {
        try
        {
            await next(context);
        }
        catch (DaprError error) when (!context.Response.HasStarted)
        {
            await error.WriteAsync(context.Response);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone: nobody is left to answer.
        }
        catch (Exception error) when (
            error is (OperationCanceledException or ObjectDisposedException) && ending.IsCancellationRequested && !context.Response.HasStarted)
        {
            await DaprErrors.Stopping().WriteAsync(context.Response);
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            log.LogError(error, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
            await DaprErrors.Internal(error.Message).WriteAsync(context.Response);
        }
    }

    private static Task CheckTokenAsync(HttpContext context, RequestDelegate next, string apiToken)
    {
        var path = context.Request.Path.Value;
        var exempt = path is "/v1.0/healthz" or "/v1.0/healthz/outbound";
        if (!exempt && context.Request.Headers[WellKnownHeaders.ApiToken] != apiToken)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.ContentType = "text/plain; charset=utf-8";
            return context.Response.WriteAsync("invalid api token", context.RequestAborted);
        }
        context.Request.Headers.Remove(WellKnownHeaders.ApiToken);
        return next(context);
    }

    private static Task CheckGrpcTokenAsync(HttpContext context, RequestDelegate next, string apiToken)
    {
        var given = context.Request.Headers[WellKnownHeaders.ApiToken];
        if (given == apiToken)
        {
            context.Request.Headers.Remove(WellKnownHeaders.ApiToken);
            return next(context);
        }
        // A trailers-only answer: the status travels in the headers.
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = "16";
        context.Response.Headers["grpc-message"] = given.Count == 0 ? "missing dapr-api-token header" : "authentication error: api token mismatch";
        return Task.CompletedTask;
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.ConfigurationApi;

/// <summary>The HTTP face of the configuration API.</summary>
internal static class ConfigurationEndpoints
{
    public static void MapConfigurationHttp(this IEndpointRouteBuilder http, ConfigurationBlock block)
    {
        foreach (var version in (string[])["v1.0", "v1.0-alpha1"])
        {
            http.MapGet($"/{version}/configuration/{{store}}", context => GetAsync(context, block));
            http.MapGet($"/{version}/configuration/{{store}}/subscribe", context =>
            {
                var id = block.SubscribeApp(Store(context), Keys(context));
                return WriteAsync(context, ConfigurationJson.Object(json => json.WriteString("id", id)));
            });
            http.MapGet($"/{version}/configuration/{{store}}/{{id}}/unsubscribe", context => UnsubscribeAsync(context, block));
        }
    }

    private static Task GetAsync(HttpContext context, ConfigurationBlock block)
    {
        var items = block.Get(Store(context), Keys(context));
        if (items.Count > 0) return WriteAsync(context, ConfigurationJson.Items(items));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static Task UnsubscribeAsync(HttpContext context, ConfigurationBlock block)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        var ended = block.Find(Store(context)).Unsubscribe(id);
        if (!ended) context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        return WriteAsync(context, ConfigurationJson.Object(json =>
        {
            json.WriteBoolean("ok", ended);
            if (!ended) json.WriteString("message", $"subscription with id {id} does not exist");
        }));
    }

    private static string Store(HttpContext context) => (string)context.Request.RouteValues["store"]!;

    private static string[] Keys(HttpContext context) => [.. context.Request.Query["key"].Select(key => key ?? "")];

    private static Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(json, context.RequestAborted).AsTask();
    }
}

using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.PubSub.CloudEvents;

namespace LocalDapr.Runtime.State;

/// <summary>The HTTP face of the state API.</summary>
internal static class StateEndpoints
{
    private static readonly string[] PostOrPut = ["POST", "PUT"];

    public static void MapStateHttp(this IEndpointRouteBuilder http, StateService state)
    {
        http.MapGet("/v1.0/state/{store}/{key}", context => GetAsync(context, state));
        http.MapDelete("/v1.0/state/{store}/{key}", context => DeleteAsync(context, state));
        http.MapMethods("/v1.0/state/{store}", PostOrPut, context => SaveAsync(context, state));
        http.MapMethods("/v1.0/state/{store}/bulk", PostOrPut, context => BulkAsync(context, state));
        http.MapMethods("/v1.0/state/{store}/transaction", PostOrPut, context => TransactAsync(context, state));
        http.MapMethods("/v1.0-alpha1/state/{store}/query", PostOrPut, context =>
        {
            state.RefuseQuery(Store(context));
            return Task.CompletedTask;
        });
    }

    private static string Store(HttpContext context) => (string)context.Request.RouteValues["store"]!;

    private static async Task GetAsync(HttpContext context, StateService state)
    {
        var item = await state.GetAsync(Store(context), context.RawSegments()[^1], context.RequestAborted);
        if (item is null)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }
        context.Response.ContentType = "application/json";
        context.Response.Headers.ETag = item.ETag;
        if (item.ExpiresAt is { } expires) context.Response.Headers["metadata.ttlExpireTime"] = StateJson.Time(expires);
        context.Response.ContentLength = item.Value.Length;
        await context.Response.Body.WriteAsync(item.Value, context.RequestAborted);
    }

    private static async Task DeleteAsync(HttpContext context, StateService state)
    {
        var request = new StateRequest(context.RawSegments()[^1]) { ETag = context.Request.Headers.IfMatch };
        await state.DeleteAsync(Store(context), [request], context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task SaveAsync(HttpContext context, StateService state)
    {
        state.Require(Store(context));
        using var body = await ParseAsync(context);
        if (body.RootElement.ValueKind is not JsonValueKind.Array) throw DaprErrors.Malformed("expected an array of items");
        var query = context.Request.Query.MetadataOf();
        var items = body.RootElement.EnumerateArray().Select(item => StateJson.ReadItem(item, query)).ToList();
        if (items.Any(item => item.Key.Length == 0)) throw DaprErrors.Malformed("\"key\" is a required field");
        await state.SaveAsync(Store(context), items, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task BulkAsync(HttpContext context, StateService state)
    {
        state.Require(Store(context));
        using var body = await ParseAsync(context);
        var keys = body.RootElement.Member("keys") is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Select(GoJsonWriter.TextOf).ToList()
            : [];
        var items = await state.GetManyAsync(Store(context), keys, context.RequestAborted);
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(StateJson.WriteBulk(keys, items), context.RequestAborted);
    }

    private static async Task TransactAsync(HttpContext context, StateService state)
    {
        state.Require(Store(context));
        using var body = await ParseAsync(context);
        var query = context.Request.Query.MetadataOf();
        var operations = body.RootElement.Member("operations") is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Select(entry => (
                entry.Member("operation") is { ValueKind: JsonValueKind.String } name ? name.GetString()! : "",
                entry.Member("request") is { ValueKind: JsonValueKind.Object } request ? StateJson.ReadItem(request, query) : new StateRequest(""))).ToList()
            : [];
        var headers = context.Request.Headers;
        await state.TransactAsync(Store(context), operations, new Trace(headers.TraceParent, headers.TraceState), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async ValueTask<JsonDocument> ParseAsync(HttpContext context)
    {
        var body = await context.Request.ReadBodyAsync();
        try
        {
            return JsonDocument.Parse(body, GoJsonWriter.DocumentOptions);
        }
        catch (JsonException error)
        {
            throw DaprErrors.Malformed(error.Message);
        }
    }
}

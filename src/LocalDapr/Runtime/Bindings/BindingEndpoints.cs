using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LocalDapr.Runtime.Bindings.Output;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Bindings;

/// <summary>Output bindings over HTTP.</summary>
internal static class BindingEndpoints
{
    private static readonly string[] Verbs = ["POST", "PUT"];
    private static readonly JsonNodeOptions AnyCase = new() { PropertyNameCaseInsensitive = true };

    public static void MapBindings(this IEndpointRouteBuilder http, OutputBindings bindings) =>
        http.MapMethods("/v1.0/bindings/{name}", Verbs, context => InvokeAsync(bindings, context));

    private static async Task InvokeAsync(OutputBindings bindings, HttpContext context)
    {
        var request = Read(await context.Request.ReadBodyAsync()) with { TraceParent = context.Request.Headers.TraceParent };
        var name = (string)context.Request.RouteValues["name"]!;
        var response = await bindings.InvokeAsync(
            name, request, metadata => WriteMetadata(context.Response, metadata), context.RequestAborted);
        if (response.Data is not { } data)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = data.Length;
        await context.Response.Body.WriteAsync(data, context.RequestAborted);
    }

    private static BindingRequest Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            var json = JsonNode.Parse(body.Span, AnyCase) as JsonObject ?? throw DaprErrors.Malformed("an object is expected");
            var metadata = (json["metadata"] as JsonObject ?? []).ToDictionary(p => p.Key, p => p.Value.Text() ?? "");
            var data = json["data"] is { } value ? Encoding.UTF8.GetBytes(value.ToJsonString()) : [];
            return new BindingRequest(json["operation"].Text() ?? "", data, metadata);
        }
        catch (JsonException error)
        {
            throw DaprErrors.Malformed(error.Message);
        }
    }

    private static void WriteMetadata(HttpResponse response, IReadOnlyDictionary<string, string> metadata)
    {
        foreach (var (name, value) in metadata)
            response.Headers[$"metadata.{name}"] = HeaderBytes.OfText(new string([.. value.Where(c => !char.IsControl(c))]));
    }
}

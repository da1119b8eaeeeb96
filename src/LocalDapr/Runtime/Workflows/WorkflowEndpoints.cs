using System.Buffers;
using System.Globalization;
using System.Text.Json;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Workflows;

/// <summary>The HTTP API of workflows. The component in the path is Dapr's relic; it is not looked at.</summary>
internal static class WorkflowEndpoints
{
    public static void MapWorkflows(this IEndpointRouteBuilder http, WorkflowManagement workflows)
    {
        foreach (var version in (string[])["v1.0", "v1.0-beta1", "v1.0-alpha1"])
        {
            var group = http.MapGroup($"/{version}/workflows/{{component}}");
            group.MapPost("/{name}/start", (RequestDelegate)(context => StartAsync(context, workflows)));
            group.MapGet("/{id}", (RequestDelegate)(context => GetAsync(context, workflows)));
            group.MapPost("/{id}/raiseEvent/{event}", (RequestDelegate)(context => RaiseAsync(context, workflows)));
            Control(group, "pause", workflows.PauseAsync);
            Control(group, "resume", workflows.ResumeAsync);
            Control(group, "terminate", workflows.TerminateAsync);
            Control(group, "purge", workflows.PurgeAsync);
        }
    }

    private static void Control(IEndpointRouteBuilder group, string verb, Func<string, CancellationToken, ValueTask> operation) =>
        group.MapPost($"/{{id}}/{verb}", (RequestDelegate)(async context =>
        {
            await operation(Route(context, "id"), context.RequestAborted);
            await AcceptAsync(context, "{}"u8.ToArray());
        }));

    private static async Task StartAsync(HttpContext context, WorkflowManagement workflows)
    {
        var body = await context.Request.ReadBodyAsync();
        var start = new WorkflowStart(Route(context, "name"), context.Request.Query["instanceID"].FirstOrDefault(), body, [])
        {
            TraceParent = context.Request.Headers.TraceParent,
            TraceState = context.Request.Headers.TraceState,
        };
        var id = await workflows.StartAsync(start, context.RequestAborted);
        var answer = new ArrayBufferWriter<byte>();
        await using (var json = new Utf8JsonWriter(answer, Unescaped))
        {
            json.WriteStartObject();
            json.WriteString("instanceID"u8, id);
            json.WriteEndObject();
        }
        await AcceptAsync(context, answer.WrittenMemory);
    }

    private static async Task RaiseAsync(HttpContext context, WorkflowManagement workflows)
    {
        var body = await context.Request.ReadBodyAsync();
        await workflows.RaiseAsync(Route(context, "id"), Route(context, "event"), body, context.RequestAborted);
        await AcceptAsync(context, "{}"u8.ToArray());
    }

    private static async Task GetAsync(HttpContext context, WorkflowManagement workflows)
    {
        var id = Route(context, "id");
        var summary = await workflows.GetAsync(id, context.RequestAborted) ?? throw WorkflowErrors.NotFound(id);
        context.Response.ContentType = "application/json";
        var answer = new ArrayBufferWriter<byte>();
        await using (var json = new Utf8JsonWriter(answer, Unescaped)) Write(json, id, summary);
        await context.Response.Body.WriteAsync(answer.WrittenMemory, context.RequestAborted);
    }

    private static readonly JsonWriterOptions Unescaped = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static void Write(Utf8JsonWriter json, string id, InstanceSummary summary)
    {
        json.WriteStartObject();
        json.WriteString("instanceID", id);
        json.WriteString("workflowName", summary.Started?.Name ?? "");
        json.WriteString("createdAt", Time(summary.Started?.Timestamp));
        json.WriteString("lastUpdatedAt", Time(summary.LastUpdated));
        json.WriteString("runtimeStatus", WorkflowManagement.StatusOf(summary));
        json.WriteStartObject("properties");
        foreach (var (name, value) in WorkflowManagement.PropertiesOf(summary)) json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // Go's zero time stands for "not yet".
    private static string Time(Moment? moment) => moment is { } at
        ? at.ToDateTimeOffset().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)
        : "0001-01-01T00:00:00Z";

    private static string Route(HttpContext context, string name) => context.Request.RouteValues[name] as string ?? "";

    private static ValueTask AcceptAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}

using System.Buffers;
using System.Text.Json;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
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
            Control<PauseWorkflowRequest>(group, "pause", workflows.PauseAsync);
            Control<ResumeWorkflowRequest>(group, "resume", workflows.ResumeAsync);
            Control<TerminateWorkflowRequest>(group, "terminate", workflows.TerminateAsync);
            Control<PurgeWorkflowRequest>(group, "purge", workflows.PurgeAsync);
        }
    }

    private static void Control<TRequest>(IEndpointRouteBuilder group, string verb, Func<string, CancellationToken, ValueTask> operation)
        where TRequest : IMessage<TRequest>, new() =>
        group.MapPost($"/{{id}}/{verb}", (RequestDelegate)(async context =>
        {
            await context.Request.CheckProtoJsonAsync<TRequest>();
            await operation(Route(context, "id"), context.RequestAborted);
            await AcceptAsync(context, "{}"u8.ToArray());
        }));

    private static async Task StartAsync(HttpContext context, WorkflowManagement workflows)
    {
        var body = await context.Request.ReadBodyAsync(DaprErrors.BodyRead);
        var start = new WorkflowStart(Route(context, "name"), InstanceIdOf(context.Request.Query), body, [])
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
        var body = await context.Request.ReadBodyAsync(DaprErrors.BodyRead);
        await workflows.RaiseAsync(Route(context, "id"), Route(context, "event"), body, context.RequestAborted);
        await AcceptAsync(context, "{}"u8.ToArray());
    }

    private static async Task GetAsync(HttpContext context, WorkflowManagement workflows)
    {
        await context.Request.CheckProtoJsonAsync<GetWorkflowRequest>();
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
        if (summary.Started is { Name.Length: > 0 } started) json.WriteString("workflowName", started.Name);
        json.WriteString("createdAt", Time(summary.Started?.Timestamp));
        json.WriteString("lastUpdatedAt", Time(summary.LastUpdated));
        json.WriteString("runtimeStatus", WorkflowManagement.StatusOf(summary));
        WriteProperties(json, [.. WorkflowManagement.PropertiesOf(summary)]);
        json.WriteEndObject();
    }

    // The server's collection knows no case, Dapr's does.
    private static string? InstanceIdOf(IQueryCollection query) =>
        query.Keys.Contains("instanceID", StringComparer.Ordinal) ? query["instanceID"].FirstOrDefault() : null;

    // What is empty is left out, as protobuf's JSON does.
    private static void WriteProperties(Utf8JsonWriter json, List<KeyValuePair<string, string>> properties)
    {
        if (properties.Count == 0) return;
        json.WriteStartObject("properties");
        foreach (var (name, value) in properties) json.WriteString(name, value);
        json.WriteEndObject();
    }

    // Go's zero time stands for "not yet".
    private static string Time(Moment? moment) => moment is { } at
        ? new Timestamp { Seconds = at.Seconds, Nanos = at.Nanos }.ToString().Trim('"')
        : "0001-01-01T00:00:00Z";

    private static string Route(HttpContext context, string name) => context.RouteText(name, segment: name == "event" ? 5 : 3);

    private static ValueTask AcceptAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}

using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.PubSub.CloudEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.PubSub;

/// <summary>Publishing over HTTP.</summary>
internal static class PubSubEndpoints
{
    private static readonly string[] Verbs = ["POST", "PUT"];

    public static void MapPubSub(this IEndpointRouteBuilder http, PubSubComponents components)
    {
        http.MapMethods(
            "/v1.0/publish/{pubsub}/{**topic:minlength(1)}", Verbs, context => PublishAsync(components, context));
        foreach (var version in (string[])["v1.0", "v1.0-alpha1"])
            http.MapMethods(
                $"/{version}/publish/bulk/{{pubsub}}/{{**topic:minlength(1)}}", Verbs, context => PublishBulkAsync(components, context));
    }

    private static async Task PublishAsync(PubSubComponents components, HttpContext context)
    {
        var (pubsub, topic) = Target(context);
        var data = await context.Request.ReadBodyAsync();
        await components.PublishAsync(
            new PublishedEvent(pubsub, topic, data, context.Request.ContentType ?? "")
            {
                Metadata = MetadataOf(context),
                Trace = TraceOf(context),
            },
            context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task PublishBulkAsync(PubSubComponents components, HttpContext context)
    {
        var (pubsub, topic) = Target(context);
        components.Target(pubsub, topic);
        var metadata = MetadataOf(context);
        var raw = PubSubComponents.IsRaw(metadata, pubsub);
        var entries = BulkPublishBody.Read(await context.Request.ReadBodyAsync(), pubsub, topic, metadata, TraceOf(context));
        await components.PublishBulkAsync(pubsub, topic, raw, [.. entries.Select(e => e.Event)], context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static (string PubSub, string Topic) Target(HttpContext context) =>
        ((string)context.Request.RouteValues["pubsub"]!, (string)context.Request.RouteValues["topic"]!);

    private static Dictionary<string, string> MetadataOf(HttpContext context) =>
        context.Request.QueryString.HasValue
            ? new Dictionary<string, string>(context.Request.Query.MetadataOf(), StringComparer.OrdinalIgnoreCase)
            : [];

    private static Trace TraceOf(HttpContext context) => new(context.Request.Headers.TraceParent, context.Request.Headers.TraceState);
}

using System.Text;
using System.Text.Json.Nodes;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Http;

namespace LocalDapr.Runtime.Middleware;

/// <summary>
/// The handlers of <c>httpPipeline</c> (before the API of the sidecar) and <c>appHttpPipeline</c> (before the app). There is one type,
/// middleware.http.uppercase: it writes request bodies in capitals, to see that a pipeline works.
/// </summary>
internal static class HttpMiddleware
{
    /// <summary>How many handlers a pipeline has. Throws <see cref="StartupException"/> for a handler without its component.</summary>
    public static int Count(JsonObject spec, string pipeline, ComponentRegistry components)
    {
        var handlers = (spec[pipeline].Object()?["handlers"]).Objects().ToList();
        foreach (var handler in handlers)
        {
            var (name, type) = (handler["name"].Text() ?? "", handler["type"].Text() ?? "");
            if (components.Find("middleware", name)?.Type != type)
                throw new StartupException($"{pipeline}: there is no component {name} ({type}/{handler["version"].Text() ?? "v1"})");
        }
        return handlers.Count;
    }

    public static async Task UppercaseAsync(HttpContext context, RequestDelegate next)
    {
        var body = await context.Request.ReadBodyAsync();
        var upper = Uppercase(body.Span);
        context.Request.Body = new MemoryStream(upper);
        if (context.Request.ContentLength is not null) context.Request.ContentLength = upper.Length;
        await next(context);
    }

    private static byte[] Uppercase(ReadOnlySpan<byte> text) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text).ToUpperInvariant());

    /// <summary>The same on the way to the app.</summary>
    internal sealed class UppercaseHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Content is { } content)
            {
                request.Content = new ByteArrayContent(Uppercase(await content.ReadAsByteArrayAsync(cancellationToken)));
                foreach (var (name, values) in content.Headers.NonValidated)
                    if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                        request.Content.Headers.TryAddWithoutValidation(name, values);
            }
            return await base.SendAsync(request, cancellationToken);
        }
    }
}

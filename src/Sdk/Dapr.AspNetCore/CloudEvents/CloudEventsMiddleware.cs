using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Dapr.AspNetCore;

internal sealed class CloudEventsMiddleware(RequestDelegate next, CloudEventsMiddlewareOptions options)
{
    private const string CloudEvents = "application/cloudevents+json";

    // The body, what describes it, and what reaches the app in headers anyway.
    private static readonly string[] NoHeaders = ["data", "data_base64", "datacontenttype", "pubsubname", "traceparent"];

    public async Task InvokeAsync(HttpContext context)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || !type.MediaType.Equals(CloudEvents, StringComparison.Ordinal))
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        var cloudEvent = await ReadAsync(context, type).ConfigureAwait(false);
        if (CloudEventBody.Of(cloudEvent, options.SuppressJsonDecodingOfTextPayloads) is not { } body)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        if (options.ForwardCloudEventPropertiesAsHeaders) Forward(cloudEvent, context.Request.Headers);
        var (originalBody, originalType) = (context.Request.Body, context.Request.ContentType);
        try
        {
            context.Request.Body = new MemoryStream(body.Bytes, writable: false);
            context.Request.ContentType = body.ContentType;
            await next(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested && context.Response.HasStarted)
        {
            // Nobody is left to tell, and what was sent cannot be taken back.
        }
        finally
        {
            context.Request.ContentType = originalType;
            context.Request.Body = originalBody;
        }
    }

    private static async Task<JsonElement> ReadAsync(HttpContext context, MediaTypeHeaderValue type)
    {
        if (type.Encoding is null or UTF8Encoding)
            return await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body, cancellationToken: context.RequestAborted).ConfigureAwait(false);
        using var reader = new StreamReader(context.Request.Body, type.Encoding, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        return JsonSerializer.Deserialize<JsonElement>(await reader.ReadToEndAsync(context.RequestAborted).ConfigureAwait(false));
    }

    private void Forward(JsonElement cloudEvent, IHeaderDictionary headers)
    {
        foreach (var property in cloudEvent.EnumerateObject().Where(property => IsForwarded(property.Name)))
            headers.TryAdd($"Cloudevent.{property.Name.ToLowerInvariant()}", property.Value.GetRawText().Trim('"'));
    }

    private bool IsForwarded(string name)
    {
        if (NoHeaders.Contains(name, StringComparer.OrdinalIgnoreCase)) return false;
        if (options.IncludedCloudEventPropertiesAsHeaders is { } included) return included.Contains(name, StringComparer.OrdinalIgnoreCase);
        return options.ExcludedCloudEventPropertiesFromHeaders?.Contains(name, StringComparer.OrdinalIgnoreCase) is not true;
    }
}

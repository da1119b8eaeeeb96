using System.Globalization;
using System.Text.Json;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Actors.Reminders;
using LocalDapr.Runtime.Actors.Schedules;
using ActorTimer = LocalDapr.Runtime.Actors.Timers.ActorTimer;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Actors;

/// <summary>The routes <c>/v1.0/actors/…</c>.</summary>
internal static class ActorEndpoints
{
    private const string Root = "/v1.0/actors/{type}/{id}";

    private static readonly string[] writes = ["POST", "PUT"];

    public static void MapActors(this IEndpointRouteBuilder http, ActorBlock actors)
    {
        http.MapMethods($"{Root}/method/{{name}}", ["GET", "POST", "PUT", "DELETE"], (RequestDelegate)(c => InvokeAsync(c, actors)));
        http.MapGet($"{Root}/state/{{name}}", (RequestDelegate)(c => GetStateAsync(c, actors)));
        http.MapMethods($"{Root}/state", writes, (RequestDelegate)(c => SaveStateAsync(c, actors)));
        http.MapMethods($"{Root}/reminders/{{name}}", writes, (RequestDelegate)(c => SetReminderAsync(c, actors)));
        http.MapGet($"{Root}/reminders/{{name}}", (RequestDelegate)(c => GetReminderAsync(c, actors)));
        http.MapDelete($"{Root}/reminders/{{name}}", (RequestDelegate)(c => DeleteReminderAsync(c, actors)));
        http.MapMethods($"{Root}/timers/{{name}}", writes, (RequestDelegate)(c => SetTimerAsync(c, actors)));
        http.MapDelete($"{Root}/timers/{{name}}", (RequestDelegate)(c => DeleteTimerAsync(c, actors)));
    }

    private static async Task InvokeAsync(HttpContext http, ActorBlock actors)
    {
        var call = new ActorCall(ActorKey.Checked(Route(http, "type"), Route(http, "id")), ActorMethod.Checked(Route(http, "name")))
        {
            Query = http.Request.QueryString.Value ?? "",
            Headers = ActorHeaders.ToApp(http, actors.CallerIdentity),
            Body = await http.Request.ReadBodyAsync(DaprErrors.ActorBodyTooLarge),
            ContentType = http.Request.ContentType,
            Chain = http.Request.Headers[ActorHeaders.Reentrancy] is [{ Length: > 0 } chain, ..] ? chain : null,
        };
        var answer = await actors.InvokeAsync(call, http.RequestAborted);
        ActorHeaders.ToCaller(answer.Headers, http.Response.Headers);
        http.Response.ContentType ??= "application/json";
        http.Response.ContentLength = answer.Body.Length;
        await http.Response.BodyWriter.WriteAsync(answer.Body, http.RequestAborted);
    }

    private static async Task GetStateAsync(HttpContext http, ActorBlock actors)
    {
        var (value, expires) = await actors.State.GetAsync(User(http), Route(http, "name"), http.RequestAborted);
        if (value is not { Length: > 0 } bytes)
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        if (expires is { } end) http.Response.Headers["metadata.ttlExpireTime"] = Instant(end);
        await WriteJsonAsync(http, bytes);
    }

    private static async Task SaveStateAsync(HttpContext http, ActorBlock actors)
    {
        var actor = User(http);
        var body = await http.Request.ReadBodyAsync();
        await actors.State.SaveAsync(actor, State.ActorStateBody.Parse(body), http.RequestAborted);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task SetReminderAsync(HttpContext http, ActorBlock actors)
    {
        var actor = User(http);
        var body = ScheduleBody.Parse(await http.Request.ReadBodyAsync(), isTimer: false);
        var name = Route(http, "name");
        ActorKey.CheckName(name);
        await actors.RegisterReminderAsync(new ReminderRequest(actor, name, body.Schedule) { Data = body.Data }, body.Overwrite);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static Task GetReminderAsync(HttpContext http, ActorBlock actors) =>
        WriteJsonAsync(http, ReminderJson(actors.FindReminder(User(http), Route(http, "name"))));

    private static async Task DeleteReminderAsync(HttpContext http, ActorBlock actors)
    {
        await http.Request.CheckProtoJsonAsync<UnregisterActorReminderRequest>();
        await actors.UnregisterReminderAsync(User(http), Route(http, "name"));
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task SetTimerAsync(HttpContext http, ActorBlock actors)
    {
        var actor = User(http);
        var body = ScheduleBody.Parse(await http.Request.ReadBodyAsync(), isTimer: true);
        var name = Route(http, "name");
        ActorKey.CheckName(name);
        actors.RegisterTimer(new ActorTimer(actor, name, body.Data, body.Callback, body.Schedule));
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task DeleteTimerAsync(HttpContext http, ActorBlock actors)
    {
        await http.Request.CheckProtoJsonAsync<UnregisterActorTimerRequest>();
        actors.UnregisterTimer(User(http), Route(http, "name"));
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static ReadOnlyMemory<byte> ReminderJson(Reminder reminder)
    {
        var body = new GoJsonBody(256 + (reminder.Data?.Length ?? 0));
        body.Text("actorID"u8, reminder.Actor.Id);
        body.Text("actorType"u8, reminder.Actor.Type);
        body.Value("data"u8, reminder.Data);
        if (reminder.DueText.Length > 0) body.Text("dueTime"u8, reminder.DueText);
        if (reminder.ShownPeriod is { } period) body.Text("period"u8, period);
        if (reminder.ShownTtl is { } ttl) body.Text("ttl"u8, ttl);
        return body.End();
    }

    internal static string Instant(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static Task WriteJsonAsync(HttpContext http, ReadOnlyMemory<byte> body)
    {
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.Length;
        return http.Response.Body.WriteAsync(body, http.RequestAborted).AsTask();
    }

    private static ActorKey User(HttpContext http) => ActorKey.OfUser(Route(http, "type"), Route(http, "id"));

    private static string Route(HttpContext http, string name) => http.RouteText(name, segment: name switch { "type" => 2, "id" => 3, _ => 5 });
}

/// <summary>The body of a registration. Names match in any case; empty text and null count as absent.</summary>
internal sealed record ScheduleBody(ScheduleText Schedule, byte[]? Data, string? Callback, bool Overwrite)
{
    /// <summary>Reads the first JSON value of the body; what follows it is not looked at, as by Go's decoder.</summary>
    public static ScheduleBody Parse(ReadOnlyMemory<byte> body, bool isTimer)
    {
        try
        {
            var reader = new Utf8JsonReader(body.Span, GoJsonWriter.ReaderOptions);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw DaprErrors.Malformed("a JSON object is expected");
            var properties = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
            foreach (var property in document.RootElement.EnumerateObject()) properties[property.Name] = property.Value;
            if (!isTimer) CheckPolicy(properties);
            return new ScheduleBody(
                new ScheduleText(TextOf(properties, "dueTime"), TextOf(properties, "period"), TextOf(properties, "ttl")),
                properties.TryGetValue("data", out var data) ? System.Text.Encoding.UTF8.GetBytes(data.GetRawText()) : null,
                isTimer ? TextOf(properties, "callback") : null,
                isTimer || !properties.TryGetValue("overwrite", out var overwrite) || Overwrites(overwrite));
        }
        catch (JsonException error)
        {
            throw DaprErrors.Malformed(error.Message);
        }
    }

    // It is read, and then counts for nothing: only gRPC can set one.
    private static void CheckPolicy(Dictionary<string, JsonElement> properties)
    {
        if (properties.TryGetValue("failure_policy", out var policy) && policy.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
            throw DaprErrors.Malformed("failure_policy must be an object");
    }

    private static bool Overwrites(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.Null => true,
        JsonValueKind.False => false,
        _ => throw DaprErrors.Malformed("overwrite must be a boolean"),
    };

    private static string? TextOf(Dictionary<string, JsonElement> properties, string name)
    {
        if (!properties.TryGetValue(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw DaprErrors.Malformed($"{name} must be a string");
    }
}

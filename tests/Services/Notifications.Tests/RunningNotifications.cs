using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DaprOrders.ServiceDefaults;
using DaprOrders.Services.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DaprOrders.Notifications.Tests;

/// <summary>The service on Kestrel behind a sidecar of the test's own; profiles are what the test puts there.</summary>
internal sealed class RunningNotifications : IAsyncDisposable
{
    private readonly string[] options;
    private WebApplication service = null!;

    private RunningNotifications(ServiceSidecar sidecar, string[] options)
    {
        (Sidecar, this.options) = (sidecar, options);
        sidecar.Apps["customers"] = AnswerAsync;
    }

    public ServiceSidecar Sidecar { get; }

    public HttpClient Http { get; private set; } = null!;

    /// <summary>Customer id → his profile as Customers gives it to Notifications.</summary>
    public Dictionary<string, JsonObject> Profiles { get; } = [];

    public static async Task<RunningNotifications> StartAsync(params string[] options)
    {
        var running = new RunningNotifications(await ServiceSidecar.StartAsync(), options);
        await running.BeginAsync();
        return running;
    }

    /// <summary>Ends the service without a word to anybody and begins another on the same state.</summary>
    public async Task RestartAsync()
    {
        await EndAsync();
        await BeginAsync();
    }

    public static JsonObject Event(string orderId, long version, string customer, string status = "accepted", string name = "accepted") => new()
    {
        ["specversion"] = "1.0", ["id"] = $"{orderId}:{version}", ["source"] = "/ordering", ["type"] = $"com.daprorders.order.{name}.v1", ["subject"] = orderId,
        ["datacontenttype"] = "application/json", ["pubsubname"] = "orders-pubsub", ["topic"] = "orders", ["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ["data"] = new JsonObject
        {
            ["orderId"] = orderId, ["customerId"] = customer, ["version"] = version, ["at"] = "2026-01-01T10:00:00.000Z", ["status"] = status, ["paymentStatus"] = "none",
        },
    };

    /// <summary>One bulk delivery as the bus makes it; the status of each event, in order.</summary>
    public async Task<string[]> DeliverAsync(params JsonObject[] events)
    {
        var body = new JsonObject
        {
            ["entries"] = new JsonArray([.. events.Select((e, i) => new JsonObject { ["entryId"] = $"{i}", ["event"] = e.DeepClone(), ["contentType"] = "application/cloudevents+json" })]),
            ["id"] = "bulk", ["topic"] = "orders", ["pubsubname"] = "orders-pubsub",
        };
        using var answer = await Http.PostAsync(new Uri("/on-order-event", UriKind.Relative), Json(body));
        answer.EnsureSuccessStatusCode();
        var statuses = (await answer.Content.ReadFromJsonAsync<JsonObject>())!["statuses"]!.AsArray().ToDictionary(s => s!["entryId"]!.ToString(), s => s!["status"]!.ToString());
        return [.. events.Select((_, i) => statuses[$"{i}"])];
    }

    public async Task BuryAsync(JsonObject cloudEvent, string route = "/on-dead-letter")
    {
        using var answer = await Http.PostAsync(new Uri(route, UriKind.Relative), Json(cloudEvent));
        answer.EnsureSuccessStatusCode();
    }

    public async Task<(int Status, JsonObject Body, HttpResponseMessage Answer)> AskAsync(string line, JsonNode? body = null, string? key = null, string role = "operator")
    {
        var (verb, path) = (line.Split(' ')[0], line.Split(' ')[1]);
        using var request = new HttpRequestMessage(new HttpMethod(verb), path) { Content = body is null ? null : Json(body) };
        request.Headers.Add(Caller.SubjectHeader, role);
        request.Headers.Add(Caller.RoleHeader, role);
        if (key is not null) request.Headers.TryAddWithoutValidation(IdempotencyKey.Header, key);
        var answer = await Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject(), answer);
    }

    public async Task<JsonObject> EventuallyAsync(string path, Predicate<JsonObject> holds, string what) => await Until.FoundAsync(async () =>
    {
        var (status, body, _) = await AskAsync($"GET {path}");
        return status == 200 && holds(body) ? body : null;
    }, what);

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        await Sidecar.DisposeAsync();
    }

    private static StringContent Json(JsonNode body) => new(body.ToJsonString(), Encoding.UTF8, "application/json");

    private async Task BeginAsync()
    {
        service = Service.Build(["--urls", "http://127.0.0.1:0", "--environment", "Development", "--Logging:LogLevel:Default", "None", .. Sidecar.Arguments, .. options]);
        await service.StartAsync();
        Http = new HttpClient { BaseAddress = new Uri(service.Urls.First()) };
    }

    private async Task EndAsync()
    {
        Http.Dispose();
        await service.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var query = await JsonSerializer.DeserializeAsync<JsonObject>(context.Request.Body);
        var items = query!["customerIds"]!.AsArray().Select(id => id!.ToString()).Where(Profiles.ContainsKey).Select(id => Profiles[id].DeepClone());
        await context.Response.WriteAsJsonAsync(new JsonObject { ["items"] = new JsonArray([.. items]) });
    }
}

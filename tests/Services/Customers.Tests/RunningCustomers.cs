using System.Text;
using System.Text.Json.Nodes;
using DaprOrders.ServiceDefaults;
using DaprOrders.Services.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DaprOrders.Customers.Tests;

/// <summary>The service on Kestrel behind a sidecar of the test's own.</summary>
internal sealed class RunningCustomers : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("daprorders-customers-").FullName;
    private readonly WebApplication service;

    private RunningCustomers(ServiceSidecar sidecar, string environment)
    {
        Sidecar = sidecar;
        sidecar.Apps["ordering"] = context =>
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        };
        service = Service.Build(["--urls", "http://127.0.0.1:0", "--environment", environment, "--Logging:LogLevel:Default", "None", $"--DAPRORDERS_DATA={folder}", .. sidecar.Arguments]);
    }

    public ServiceSidecar Sidecar { get; }

    public HttpClient Http { get; private set; } = null!;

    public static async Task<RunningCustomers> StartAsync(string environment = "Development")
    {
        var running = new RunningCustomers(await ServiceSidecar.StartAsync(), environment);
        await running.service.StartAsync();
        running.Http = new HttpClient { BaseAddress = new Uri(running.service.Urls.First()) };
        return running;
    }

    public static JsonObject Profile(string email, string? webhook = null, bool? wantsMail = true)
    {
        var notify = new JsonObject { ["email"] = wantsMail };
        if (webhook is not null) notify["webhook"] = webhook;
        return new JsonObject { ["email"] = email, ["name"] = "Ada", ["notify"] = notify };
    }

    /// <summary>As the Gateway hands a request on: "operator", null for nobody, anything else is a customer's id.</summary>
    public async Task<(int Status, string Text, HttpResponseMessage Answer)> AskAsync(string line, string? caller, JsonNode? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(line.Split(' ')[0]), line.Split(' ')[1]);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        if (caller is not null) request.Headers.Add(Caller.SubjectHeader, caller);
        if (caller is not null) request.Headers.Add(Caller.RoleHeader, caller == "operator" ? "operator" : "customer");
        if (key is not null) request.Headers.TryAddWithoutValidation(IdempotencyKey.Header, key);
        var answer = await Http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer);
    }

    public async Task<JsonObject> OkAsync(string line, string? caller, JsonNode? body = null)
    {
        var (status, text, _) = await AskAsync(line, caller, body);
        Xunit.Assert.True(status is 200 or 201, $"{line}: {status} {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    public async Task<(int Status, string Code)> ProblemAsync(string line, string? caller, JsonNode? body = null, string? key = null)
    {
        var (status, text, answer) = await AskAsync(line, caller, body, key);
        Xunit.Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        return (status, $"{JsonNode.Parse(text)!["code"]}");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await service.DisposeAsync();
        await Sidecar.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}

using System.Net;
using System.Text;
using System.Text.Json;
using Dapr.Protocol;
using Xunit;
using static LocalDapr.Runtime.Tests.Workflows.TaskHub;

namespace LocalDapr.Runtime.Tests.Workflows;

/// <summary>The HTTP API of workflows at its edges: what daprd says to unusual and to wrong requests.</summary>
public sealed class WorkflowHttpTests : IAsyncLifetime
{
    private TaskHub _hub = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _hub = await OpenAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task Names_in_the_path_may_hold_slashes()
    {
        await SendAsync(HttpMethod.Post, "order%2Fnew/start?instanceID=a");
        Assert.Equal("order/new", Assert.Single((await _hub.TurnAsync()).NewEvents, e => e.ExecutionStarted is not null).ExecutionStarted.Name);
        await _hub.AnswerAsync("a");

        await SendAsync(HttpMethod.Post, "a/raiseEvent/paid%2Ffull%252F");

        Assert.Equal("paid/full%2F", Assert.Single((await _hub.TurnAsync()).NewEvents, e => e.EventRaised is not null).EventRaised.Name);
    }

    [Fact]
    public async Task Before_its_first_turn_an_instance_shows_neither_name_nor_properties()
    {
        await SendAsync(HttpMethod.Post, "w/start?instanceID=a");

        var (_, body) = await SendAsync(HttpMethod.Get, "a");

        Assert.Equal(
            """{"instanceID":"a","createdAt":"0001-01-01T00:00:00Z","lastUpdatedAt":"0001-01-01T00:00:00Z","runtimeStatus":"PENDING"}""", body);
    }

    [Fact]
    public async Task The_instance_id_of_a_start_is_found_by_its_exact_name()
    {
        var (_, body) = await SendAsync(HttpMethod.Post, "w/start?instanceid=a");

        Assert.DoesNotContain("\"a\"", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("w/start?instanceID=big")]
    [InlineData("a/raiseEvent/e")]
    [InlineData("a/pause")]
    public async Task A_body_above_the_limit_cannot_be_read(string path)
    {
        var (status, body) = await SendAsync(HttpMethod.Post, path, new string('x', 5 << 20));

        Assert.Equal((HttpStatusCode.BadRequest, "ERR_BODY_READ"), (status, CodeOf(body)));
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("purge")]
    public async Task The_body_of_a_control_call_must_be_JSON_and_does_not_count(string verb)
    {
        await _hub.StartAsync("a");
        if (verb == "purge") await _hub.PlayAsync(Complete());

        var (wrong, body) = await SendAsync(HttpMethod.Post, $"a/{verb}", "nonsense");
        var (right, _) = await SendAsync(HttpMethod.Post, $"a/{verb}", """{"instanceId":"other","reason":"none"}""");

        Assert.Equal((HttpStatusCode.BadRequest, "ERR_MALFORMED_REQUEST", HttpStatusCode.Accepted), (wrong, CodeOf(body), right));
    }

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpMethod verb, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(verb, new Uri(
            $"{_hub.Http.BaseAddress}v1.0/workflows/dapr/{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        // A body that is refused unread must not be sent: the connection would end under it.
        request.Headers.ExpectContinue = body is { Length: > 1 << 20 };
        using var answer = await _hub.Http.SendAsync(request, Stop);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop));
    }

    private static string? CodeOf(string body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.GetProperty("errorCode").GetString();
    }
}

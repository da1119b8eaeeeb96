using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using LocalDapr.Runtime.Actors;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

/// <summary>The actor API of one sidecar, at its edges: what daprd says to unusual and to wrong requests.</summary>
public sealed class ActorApiTests
{
    private static readonly string store = OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true"));

    private readonly ConcurrentQueue<string> _calls = new();
    private readonly ConcurrentDictionary<string, Func<HttpContext, Task>> _behaviour = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%2F%2Fb%2F", "a/b")]
    [InlineData("a%2F..%2Fb", "b")]
    [InlineData("..%2F..%2Fb", "b")]
    [InlineData("caf%C3%A9%20noir", "café noir")]
    public async Task A_method_is_a_path_below_the_actor(string method, string seen)
    {
        await using var one = await StartAsync();

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(one, HttpMethod.Post, $"Cart/1/method/{method}")).Status);

        Assert.Equal($"PUT /actors/Cart/1/method/{seen}", Assert.Single(_calls));
    }

    [Theory]
    [InlineData("a%23b")]
    [InlineData("a%3Fb")]
    [InlineData("a%07b")]
    public async Task A_method_that_could_not_stand_in_a_path_is_refused(string method)
    {
        await using var one = await StartAsync();

        var (status, body) = await SendAsync(one, HttpMethod.Post, $"Cart/1/method/{method}");

        Assert.Equal((HttpStatusCode.BadRequest, "ERR_BAD_REQUEST"), (status, CodeOf(body)));
        Assert.Empty(_calls);
    }

    [Theory]
    [InlineData("""[{"operation":7,"request":{"key":"k"}}]""", 400, "ERR_MALFORMED_REQUEST")]
    [InlineData("""["upsert"]""", 400, "ERR_MALFORMED_REQUEST")]
    [InlineData("""[{"request":{"key":"k"}}]""", 500, "ERR_ACTOR_STATE_TRANSACTION_SAVE")]
    [InlineData("""[null]""", 500, "ERR_ACTOR_STATE_TRANSACTION_SAVE")]
    [InlineData("""[{"operation":"upsert","request":"k"}]""", 500, "ERR_ACTOR_STATE_TRANSACTION_SAVE")]
    [InlineData("""[{"operation":"upsert","request":{"key":1,"value":1}}]""", 500, "ERR_ACTOR_STATE_TRANSACTION_SAVE")]
    [InlineData("""[{"operation":"upsert","request":{"key":"k","value":1,"metadata":{"ttlInSeconds":5}}}]""", 500, "ERR_ACTOR_STATE_TRANSACTION_SAVE")]
    [InlineData("""[{"operation":"upsert","request":{"key":"k","value":1,"metadata":{"ttlInSeconds":""}}}]""", 500, "ERR_ACTOR_STATE_TRANSACTION_SAVE")]
    [InlineData("""[{"operation":"upsert","request":{"key":"k","value":1,"etag":"of another"}}]""", 500, "ERR_ACTOR_STATE_TRANSACTION_SAVE")]
    [InlineData("""[{"operation":"upsert","request":{"key":"k"}},{"operation":"delete","request":{"key":"j","etag":"x"}}]""", 500, "ERR_ACTOR_STATE_TRANSACTION_SAVE")]
    public async Task A_wrong_transaction_stores_nothing(string body, int status, string code)
    {
        await using var one = await StartAsync();
        await SendAsync(one, HttpMethod.Post, "Cart/1/method/wake");

        var answer = await SendAsync(one, HttpMethod.Post, "Cart/1/state", body);

        Assert.Equal((status, code), ((int)answer.Status, CodeOf(answer.Body)));
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(one, HttpMethod.Get, "Cart/1/state/k")).Status);
    }

    [Theory]
    [InlineData("9223372036854775807", 500)]
    [InlineData("-2", 500)]
    [InlineData(" 5", 500)]
    [InlineData("-1", 204)]
    [InlineData("2147483647", 204)]
    public async Task A_time_to_live_is_a_number_of_seconds_that_fits_32_bits(string ttl, int status)
    {
        await using var one = await OneSidecar.StartAsync(AnswerAsync, "  features: [{name: ActorStateTTL, enabled: true}]", [store]);
        await SendAsync(one, HttpMethod.Post, "Cart/1/method/wake");
        var item = $$"""{"key":"k","value":1,"metadata":{"ttlInSeconds":"{{ttl}}"} }""";

        var ofActor = await SendAsync(one, HttpMethod.Post, "Cart/1/state", $$"""[{"operation":"upsert","request":{{item}}}]""");
        using var ofState = await one.Http.PostAsync(new Uri("/v1.0/state/state", UriKind.Relative), new StringContent($"[{item}]"), Stop);

        Assert.Equal((status, status), ((int)ofActor.Status, (int)ofState.StatusCode));
    }

    [Theory]
    [InlineData("null", 204)]
    [InlineData("[]", 204)]
    [InlineData("""[{"operation":"delete","request":{"key":"k","metadata":5}}]""", 204)]
    [InlineData("""[{"Operation":"upsert","REQUEST":{"Key":"k","VALUE":{ "b" : 1, "a":"<x>" },"etag":"","more":1}}]""", 200)]
    public async Task A_transaction_is_read_as_daprd_reads_it_and_its_values_are_stored_as_daprd_stores_them(string body, int then)
    {
        await using var one = await StartAsync();
        await SendAsync(one, HttpMethod.Post, "Cart/1/method/wake");

        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(one, HttpMethod.Put, "Cart/1/state", body)).Status);

        var read = await SendAsync(one, HttpMethod.Get, "Cart/1/state/k");
        Assert.Equal(then, (int)read.Status);
        if (then == 200) Assert.Equal("""{"a":"\u003cx\u003e","b":1}""", read.Body);
    }

    [Fact]
    public async Task An_answer_that_cancels_a_reminder_counts_as_taken_and_the_series_goes_on()
    {
        _behaviour["/actors/Cart/1/method/remind/r"] = context =>
        {
            context.Response.Headers["X-DaprReminderCancel"] = "true";
            return Task.CompletedTask;
        };
        await using var one = await StartAsync();

        await SendAsync(one, HttpMethod.Post, "Cart/1/reminders/r", """{"dueTime":"0s","period":"50ms"}""");

        await OneSidecar.EventuallyAsync(() => Task.FromResult(_calls.Count >= 3), "the third firing");
    }

    [Fact]
    public async Task A_method_whose_answer_cancels_a_reminder_fails()
    {
        _behaviour["/actors/Cart/1/method/stop"] = context =>
        {
            context.Response.Headers["X-DaprReminderCancel"] = "1";
            return Task.CompletedTask;
        };
        await using var one = await StartAsync();

        var (status, body) = await SendAsync(one, HttpMethod.Post, "Cart/1/method/stop");

        Assert.Equal((HttpStatusCode.InternalServerError, "ERR_ACTOR_INVOKE_METHOD"), (status, CodeOf(body)));
    }

    [Fact]
    public async Task A_reminder_that_the_actor_answers_with_the_error_header_is_repeated()
    {
        _behaviour["/actors/Cart/1/method/remind/r"] = context =>
        {
            if (_calls.Count == 1) context.Response.Headers["X-DaprErrorResponseHeader"] = "true";
            return Task.CompletedTask;
        };
        await using var one = await StartAsync();

        await SendAsync(one, HttpMethod.Post, "Cart/1/reminders/r", """{"dueTime":"0s"}""");

        await OneSidecar.EventuallyAsync(() => Task.FromResult(_calls.Count == 2), "the second attempt");
    }

    [Fact]
    public async Task The_timeout_of_a_policy_counts_for_reminders_too_and_a_policy_ends_the_search_for_hosts()
    {
        var held = new TaskCompletionSource();
        _behaviour["/actors/Cart/1/method/remind/r"] = context => _calls.Count == 1 ? held.Task.WaitAsync(context.RequestAborted) : Task.CompletedTask;
        await using var one = await StartAsync("""
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata: {name: resiliency}
            spec:
              policies: {timeouts: {short: 200ms}}
              targets: {actors: {Cart: {timeout: short}, Nobody: {timeout: short}}}
            """);

        await SendAsync(one, HttpMethod.Post, "Cart/1/reminders/r", """{"dueTime":"0s"}""");
        await OneSidecar.EventuallyAsync(() => Task.FromResult(_calls.Count >= 2), "the second attempt");

        // Without a policy every search takes 4 s and more; with this one a machine that stalls may still be late, but not each time.
        var fastest = TimeSpan.MaxValue;
        for (var tries = 0; tries < 5 && fastest >= TimeSpan.FromSeconds(3); tries++)
        {
            var from = TimeProvider.System.GetTimestamp();
            var (status, body) = await SendAsync(one, HttpMethod.Post, "Nobody/1/method/x");
            if (TimeProvider.System.GetElapsedTime(from) is var took && took < fastest) fastest = took;
            Assert.Equal(HttpStatusCode.InternalServerError, status);
            Assert.Contains("did not find address for actor 'Nobody/1'", body, StringComparison.Ordinal);
        }

        Assert.True(fastest < TimeSpan.FromSeconds(3), $"{fastest}");
    }

    [Theory]
    [InlineData("""{"dueTime":"1h","overwrite":"no"}""")]
    [InlineData("""{"dueTime":5}""")]
    [InlineData("""{"dueTime":"1h","period":["1s"]}""")]
    public async Task A_reminder_of_wrong_kinds_is_malformed(string body)
    {
        await using var one = await StartAsync();

        var answer = await SendAsync(one, HttpMethod.Post, "Cart/1/reminders/r", body);

        Assert.Equal((HttpStatusCode.BadRequest, "ERR_MALFORMED_REQUEST"), (answer.Status, CodeOf(answer.Body)));
    }

    [Theory]
    [InlineData("a%20b", "a b")]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("%E2%82%AC", "€")]
    public async Task A_state_key_may_hold_any_letter(string inPath, string key)
    {
        await using var one = await StartAsync();
        await SendAsync(one, HttpMethod.Post, "Cart/1/method/wake");

        await SendAsync(one, HttpMethod.Post, "Cart/1/state", $$$"""[{"operation":"upsert","request":{"key":"{{{key}}}","value":1}}] and more""");

        Assert.Equal((HttpStatusCode.OK, "1"), await SendAsync(one, HttpMethod.Get, $"Cart/1/state/{inPath}"));
    }

    [Theory]
    [InlineData("POST", "method/m", null, 400, "ERR_BAD_REQUEST")]
    [InlineData("POST", "state", "[]", 400, "ERR_ACTOR_INSTANCE_MISSING")]
    [InlineData("POST", "reminders/r", """{"dueTime":"1h"}""", 500, "ERR_ACTOR_REMINDER_CREATE")]
    [InlineData("GET", "reminders/r", null, 500, "ERR_ACTOR_REMINDER_GET")]
    [InlineData("DELETE", "reminders/r", null, 500, "ERR_ACTOR_REMINDER_DELETE")]
    public async Task An_actor_id_with_a_slash_is_refused_by_whoever_needs_it(string verb, string route, string? body, int status, string code)
    {
        await using var one = await StartAsync();

        var answer = await SendAsync(one, new HttpMethod(verb), $"Cart/a%2Fb/{route}", body);

        Assert.Equal((status, code), ((int)answer.Status, CodeOf(answer.Body)));
    }

    [Theory]
    [InlineData("a%2Fb", "a/b", "name contains forbidden character: \"a/b\"")]
    [InlineData("a%5Cb", "a\\b", "name contains forbidden character: \"a\\\\b\"")]
    [InlineData("%C3%A9%07", "é\a", "name contains control character at position 2: ")]
    public async Task The_name_of_a_reminder_or_timer_that_could_not_stand_in_a_path_is_refused(string inPath, string name, string why)
    {
        await using var one = await StartAsync();
        Assert.NotNull(ActorKey.WhyNot(name));

        foreach (var kind in (string[])["reminders", "timers"])
        {
            var (status, body) = await SendAsync(one, HttpMethod.Post, $"Cart/1/{kind}/{inPath}", """{"dueTime":"1h"}""");

            Assert.Equal((HttpStatusCode.BadRequest, "ERR_BAD_REQUEST"), (status, CodeOf(body)));
            Assert.StartsWith($"invalid request: {why}", MessageOf(body), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("30m", null)]
    [InlineData("2099-01-02T03:04:05.500Z", "2099-01-02T03:04:05.5Z")]
    [InlineData("2099-01-02T03:04:05+02:00", "2099-01-02T03:04:05+02:00")]
    public async Task A_reminder_tells_its_ttl_only_where_it_was_given_as_an_instant(string given, string? told)
    {
        await using var one = await StartAsync();

        await SendAsync(one, HttpMethod.Post, "Cart/1/reminders/r", $$"""{"dueTime":"1h","period":"1h","ttl":"{{given}}"} and more""");

        var (_, body) = await SendAsync(one, HttpMethod.Get, "Cart/1/reminders/r");
        Assert.Equal(
            """{"actorID":"1","actorType":"Cart","dueTime":"1h","period":"@every 1h0m0s" """.TrimEnd() + (told is null ? "}" : $",\"ttl\":\"{told}\"}}"), body);
    }

    [Fact]
    public async Task A_reminder_that_is_over_before_it_is_due_replaces_the_former_one_and_never_fires()
    {
        await using var one = await StartAsync();
        await SendAsync(one, HttpMethod.Post, "Cart/1/reminders/r", """{"dueTime":"1h"}""");

        var over = await SendAsync(one, HttpMethod.Post, "Cart/1/reminders/r", """{"period":"100ms","ttl":"1ms"}""");

        Assert.Equal(HttpStatusCode.NoContent, over.Status);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(one, HttpMethod.Get, "Cart/1/reminders/r")).Status);
    }

    [Theory]
    [InlineData("reminders", """{"dueTime":"1h","callback":5}""", 204)]
    [InlineData("reminders", """{"dueTime":"1h","failure_policy":5}""", 400)]
    [InlineData("reminders", """{"dueTime":"1h","failure_policy":{"drop":{}}}""", 204)]
    [InlineData("timers", """{"dueTime":"1h","overwrite":"no","failure_policy":5}""", 204)]
    [InlineData("timers", """{"dueTime":"1h","callback":5}""", 400)]
    public async Task Only_the_properties_of_its_kind_count(string kind, string body, int status)
    {
        await using var one = await StartAsync();

        Assert.Equal(status, (int)(await SendAsync(one, HttpMethod.Post, $"Cart/1/{kind}/x", body)).Status);
    }

    [Theory]
    [InlineData("reminders", "nonsense", 400)]
    [InlineData("reminders", "[]", 400)]
    [InlineData("timers", "nonsense", 400)]
    [InlineData("timers", "{}", 204)]
    [InlineData("reminders", """{"actorId":"other"}""", 204)]
    public async Task A_body_that_comes_with_a_DELETE_must_be_JSON_and_does_not_count(string kind, string body, int status)
    {
        await using var one = await StartAsync();

        Assert.Equal(status, (int)(await SendAsync(one, HttpMethod.Delete, $"Cart/1/{kind}/x", body)).Status);
    }

    [Fact]
    public async Task A_turn_that_takes_longer_than_the_actor_may_be_idle_is_given_up_and_the_actor_deactivated()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var deactivated = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _behaviour["/actors/Brief/1/method/long"] = _ => held.Task;
        _behaviour["/actors/Brief/1"] = _ =>
        {
            deactivated.TrySetResult();
            return Task.CompletedTask;
        };
        await using var one = await StartAsync();

        var (status, body) = await SendAsync(one, HttpMethod.Post, "Brief/1/method/long");

        Assert.Equal((HttpStatusCode.InternalServerError, "ERR_ACTOR_INVOKE_METHOD"), (status, CodeOf(body)));
        Assert.Equal("error invoke actor method: context canceled", MessageOf(body));
        await deactivated.Task.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(one, HttpMethod.Post, "Brief/1/method/short")).Status);
        held.SetResult();
    }

    [Fact]
    public async Task Headers_that_the_connection_claims_for_itself_go_no_further()
    {
        IHeaderDictionary? seen = null;
        _behaviour["/actors/Cart/1/method/m"] = context =>
        {
            seen = new HeaderDictionary(context.Request.Headers.ToDictionary(h => h.Key, h => h.Value));
            context.Response.Headers.Connection = "X-Mine";
            context.Response.Headers["X-Mine"] = context.Response.Headers["X-Ours"] = "1";
            return Task.CompletedTask;
        };
        await using var one = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1.0/actors/Cart/1/method/m", UriKind.Relative));
        request.Headers.Connection.Add("X-Mine");
        request.Headers.Add("X-Mine", "1");
        request.Headers.Add("X-Ours", "1");

        using var answer = await one.Http.SendAsync(request, Stop);

        Assert.Equal((false, true), (seen!.ContainsKey("X-Mine"), seen.ContainsKey("X-Ours")));
        Assert.Equal((false, true), (answer.Headers.Contains("X-Mine"), answer.Headers.Contains("X-Ours")));
    }

    [Fact]
    public async Task An_answer_without_a_content_type_is_told_to_be_JSON()
    {
        await using var one = await StartAsync();

        using var answer = await one.Http.PostAsync(new Uri("/v1.0/actors/Cart/1/method/m", UriKind.Relative), content: null, Stop);

        Assert.Equal("application/json", answer.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task The_body_of_a_call_above_the_limit_is_a_bad_request()
    {
        await using var one = await StartAsync();

        var (status, body) = await SendAsync(one, HttpMethod.Post, "Cart/1/method/m", new string('x', 5 << 20));

        Assert.Equal((HttpStatusCode.BadRequest, "ERR_BAD_REQUEST"), (status, CodeOf(body)));
        Assert.Equal("invalid request: failed to read body: stream too large", MessageOf(body));
    }

    private Task<OneSidecar> StartAsync(params string[] more) => OneSidecar.StartAsync(AnswerAsync, configuration: null, [store, .. more]);

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/dapr/config")
        {
            await context.Response.WriteAsync(
                """{"entities": ["Cart", "Brief"], "entitiesConfig": [{"entities": ["Brief"], "actorIdleTimeout": "1s"}]}""", context.RequestAborted);
            return;
        }

        if (!context.Request.Path.StartsWithSegments("/actors")) return;
        if (context.Request.Method != "DELETE") _calls.Enqueue($"{context.Request.Method} {context.Request.Path.Value}");
        if (_behaviour.TryGetValue(context.Request.Path, out var behaviour)) await behaviour(context);
    }

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(OneSidecar one, HttpMethod verb, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(verb, new Uri(
            $"{one.Http.BaseAddress}v1.0/actors/{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        // A body that is refused unread must not be sent: the connection would end under it.
        request.Headers.ExpectContinue = body is { Length: > 1 << 20 };
        using var answer = await one.Http.SendAsync(request, Stop);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop));
    }

    private static string? CodeOf(string body) => TextOf(body, "errorCode");

    private static string? MessageOf(string body) => TextOf(body, "message");

    private static string? TextOf(string body, string property)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.GetProperty(property).GetString();
    }
}

using System.Net;
using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Microsoft.AspNetCore.Http;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Invocation;

public sealed class InvocationHttpTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_without_a_length_reaches_the_app_whole()
    {
        await using var one = await OneSidecar.StartAsync(EchoAsync);

        using var answer = await PostInChunksAsync(one, "one two three");

        Assert.Equal("one two three", await answer.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task A_body_without_a_length_reaches_an_app_of_gRPC_as_one_message()
    {
        await using var one = await OneSidecar.StartGrpcAsync(app => app.MapUnary(AppCallbackMethods.OnInvoke, (request, _) =>
            ValueTask.FromResult(new InvokeResponse { Data = request.Data, ContentType = "text/plain" })));

        using var answer = await PostInChunksAsync(one, "one two three");

        Assert.Equal("one two three", await answer.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task Headers_that_Connection_names_stay_with_the_connection()
    {
        await using var one = await OneSidecar.StartAsync(context => context.Response.WriteAsync(
            string.Join(',', context.Request.Headers.Select(h => h.Key.ToUpperInvariant())), context.RequestAborted));

        const string Head = "GET /v1.0/invoke/app/method/x HTTP/1.1\r\nHost: a\r\nConnection: close, x-hop\r\nx-hop: 1\r\nx-kept: 1\r\n\r\n";

        var answer = await one.RawAsync(Head);

        Assert.DoesNotContain("X-HOP", answer, StringComparison.Ordinal);
        Assert.Contains("X-KEPT", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1.0/invoke/app/method/a%00b", "HTTP/1.1 500")]
    [InlineData("/v1.0/state/store/a%00b", "HTTP/1.1 400")]
    [InlineData("/v1.0/invoke/app/method/a?b=%00", "HTTP/1.1 200")]
    public async Task An_escaped_NUL_in_a_path_is_refused_before_the_app_sees_it(string target, string status)
    {
        await using var one = await OneSidecar.StartAsync(EchoAsync);

        var answer = await one.RawAsync($"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        Assert.StartsWith(status, answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1.0/invoke/app/method/a%zz", "HTTP/1.1 400")]
    [InlineData("/v1.0/state/store/100%", "HTTP/1.1 400")]
    [InlineData("/v1.0/state/store/a%4", "HTTP/1.1 400")]
    [InlineData("/v1.0/invoke/app/method/a%4a%C3?b=%zz", "HTTP/1.1 200")]
    public async Task A_percent_sign_in_a_path_that_begins_no_escape_is_refused(string target, string status)
    {
        await using var one = await OneSidecar.StartAsync(EchoAsync);

        var answer = await one.RawAsync($"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        Assert.StartsWith(status, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_looks_like_a_request_with_a_NUL_passes_unchanged()
    {
        await using var one = await OneSidecar.StartAsync(EchoAsync);
        const string Head = "POST /v1.0/invoke/app/method/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 19\r\n\r\n";
        const string Body = "GET /%00 HTTP/1.1\r\n";

        var answer = await one.RawAsync(Head, Body);

        Assert.Contains(Body, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_HTTP_port_speaks_HTTP_2_by_prior_knowledge()
    {
        await using var one = await OneSidecar.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1.0/healthz")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var answer = await one.Http.SendAsync(request, Stop);

        Assert.Equal((HttpStatusCode.NoContent, HttpVersion.Version20), (answer.StatusCode, answer.Version));
    }

    [Fact]
    public async Task Access_control_keeps_other_apps_out_and_the_own_app_in()
    {
        await using var one = await OneSidecar.StartAsync(EchoAsync, "  accessControl: {defaultAction: deny}");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{one.Sidecar.InternalPort}/x");
        request.Headers.Add("dapr-caller-app-id", "stranger");

        using var foreign = await one.Http.SendAsync(request, Stop);
        using var own = await one.Http.GetAsync(new Uri("/v1.0/invoke/app/method/x", UriKind.Relative), Stop);

        Assert.Equal("403", foreign.Headers.GetValues("localdapr-refusal").Single());
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
    }

    private static Task<HttpResponseMessage> PostInChunksAsync(OneSidecar one, string body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1.0/invoke/app/method/echo") { Content = new StringContent(body) };
        request.Headers.TransferEncodingChunked = true;
        return one.Http.SendAsync(request, Stop);
    }

    private static Task EchoAsync(HttpContext context) =>
        context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);

    // The parts of a request arrive one by one, as on a slow connection.
}

using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace LocalDapr.Runtime.Tests.Invocation;

/// <summary>An app may answer before it has read what it is sent. What was under way then must not reach into a later call of the connection.</summary>
public sealed class EarlyAnswerTests
{
    private const int Callers = 6;
    private const int Rounds = 1200;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_over_gRPC_finds_nothing_left_of_the_one_before()
    {
        await using var one = await OneSidecar.StartGrpcAsync(app =>
        {
            app.MapPost("/t.Early/Answer", context =>
            {
                context.Response.ContentType = "application/grpc";
                context.Response.Headers["grpc-status"] = "12";
                return Task.CompletedTask;
            });
            app.MapPost("/t.Echo/Say", context =>
            {
                context.Response.ContentType = "application/grpc";
                return context.Request.Body.CopyToAsync(context.Response.Body, Stop);
            });
        });
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() => CallAsync(one.Sidecar.GrpcPort))));
    }

    private static async Task CallAsync(int port)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        for (var round = 0; round < Rounds; round++)
        {
            var answered = new TaskCompletionSource();
            using (var early = await SendAsync(http, "/t.Early/Answer", new LateContent("x", answered.Task)))
                Assert.Equal(["12"], early.Headers.GetValues("grpc-status"));
            answered.SetResult();
            using var echo = await SendAsync(http, "/t.Echo/Say", new LateContent($"round {round}", Task.CompletedTask));
            Assert.Equal((HttpStatusCode.OK, $"round {round}"), (echo.StatusCode, await echo.Content.ReadAsStringAsync(Stop)));
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, string path, HttpContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = content,
            Headers = { { "dapr-app-id", "app" }, { "te", "trailers" } },
        };
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        return await http.SendAsync(request, Stop);
    }

    /// <summary>The headers go first; the content and its end follow when they may.</summary>
    private sealed class LateContent(string text, Task mayFollow) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            await mayFollow;
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text));
            await stream.FlushAsync();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

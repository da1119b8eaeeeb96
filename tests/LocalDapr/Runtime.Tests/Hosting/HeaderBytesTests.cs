using System.Net;
using System.Net.Http.Headers;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Hosting;

/// <summary>Header values here are chars of Latin-1: one char is one byte on the wire.</summary>
public sealed class HeaderBytesTests
{
    private const string Latin1 = "M\u00fcller";
    private const string Utf8 = "M\u00c3\u00bcller";

    private static readonly string store = OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true"));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1.0/invoke/app/method/x", Latin1)]
    [InlineData("/v1.0/invoke/app/method/x", Utf8)]
    [InlineData("/v1.0/actors/cat/1/method/x", Latin1)]
    [InlineData("/v1.0/actors/cat/1/method/x", Utf8)]
    public async Task Bytes_of_headers_reach_the_app_and_the_caller_as_they_are(string target, string value)
    {
        await using var one = await OneSidecar.StartAsync(EchoAsync, null, store);

        var answer = await one.RawAsync($"POST {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\nx-odd: {value}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains($"x-back: {value}\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Latin1)]
    [InlineData(Utf8)]
    public async Task Bytes_of_metadata_pass_through_to_an_app_of_gRPC(string value)
    {
        await using var one = await OneSidecar.StartGrpcAsync(app => app.MapPost("/t.Echo/Say", context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "0";
            context.Response.Headers["x-back"] = context.Request.Headers["x-odd"];
            return Task.CompletedTask;
        }));
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false }.KeepHeaderBytes());
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{one.Sidecar.GrpcPort}/t.Echo/Say")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent([]),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TryAddWithoutValidation("dapr-app-id", "app");
        request.Headers.TryAddWithoutValidation("x-odd", value);

        using var answer = await http.SendAsync(request, Stop);

        Assert.Equal(value, answer.Headers.NonValidated["x-back"].ToString());
    }

    [Fact]
    public async Task A_text_of_an_InvokeActor_reaches_the_app_as_UTF_8()
    {
        var seen = "";
        await using var one = await OneSidecar.StartAsync(context =>
        {
            seen = (string?)context.Request.Headers["x-odd"] ?? seen;
            return EchoAsync(context);
        }, null, store);
        using var channel = one.OpenGrpc();
        var request = new InvokeActorRequest { ActorType = "cat", ActorId = "1", Method = "x", Metadata = { ["x-odd"] = "Müller" } };

        await channel.UnaryAsync(DaprMethods.InvokeActor, request, new() { Cancellation = Stop });

        Assert.Equal(Utf8, seen);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("Müller", Utf8)]
    [InlineData("猫", "\u00e7\u008c\u00ab")]
    public void A_text_and_its_header_are_made_of_each_other(string text, string header)
    {
        Assert.Equal((header, text), (HeaderBytes.OfText(text), HeaderBytes.ToText(header)));
    }

    [Fact]
    public void A_header_that_is_no_UTF_8_is_taken_for_Latin_1()
    {
        Assert.Equal("Müller", HeaderBytes.ToText(Latin1));
    }

    private static Task EchoAsync(HttpContext context)
    {
        if (context.Request.Path == "/dapr/config") return context.Response.WriteAsync("""{"entities": ["cat"]}""", Stop);
        context.Response.Headers["x-back"] = context.Request.Headers["x-odd"];
        return Task.CompletedTask;
    }
}

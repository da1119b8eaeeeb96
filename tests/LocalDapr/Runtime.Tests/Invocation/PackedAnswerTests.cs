using System.IO.Compression;
using System.Text;
using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Microsoft.AspNetCore.Http;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Invocation;

/// <summary>The app packs whatever it answers.</summary>
public sealed class PackedAnswerTests
{
    private static readonly string store = OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true"));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1.0/invoke/app/method/x")]
    [InlineData("/v1.0/actors/cat/1/method/x")]
    public async Task An_answer_is_unpacked_for_a_caller_that_did_not_ask_for_it(string path)
    {
        await using var one = await OneSidecar.StartAsync(PackAsync, null, store);

        using var answer = await one.Http.PostAsync(new Uri(path, UriKind.Relative), null, Stop);

        Assert.Equal("asked for gzip", await answer.Content.ReadAsStringAsync(Stop));
        Assert.Empty(answer.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task An_answer_passes_as_it_is_to_a_caller_that_says_what_it_accepts()
    {
        await using var one = await OneSidecar.StartAsync(PackAsync, null, store);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1.0/invoke/app/method/x") { Headers = { { "accept-encoding", "br, gzip" } } };

        using var answer = await one.Http.SendAsync(request, Stop);

        await using var packed = new GZipStream(await answer.Content.ReadAsStreamAsync(Stop), CompressionMode.Decompress);
        using var reader = new StreamReader(packed);
        Assert.Equal("asked for br, gzip", await reader.ReadToEndAsync(Stop));
        Assert.Equal(["gzip"], answer.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task Callers_over_gRPC_get_it_unpacked()
    {
        await using var one = await OneSidecar.StartAsync(PackAsync, null, store);
        using var channel = one.OpenGrpc();
        var service = new InvokeServiceRequest { Id = "app", Message = new InvokeRequest { Method = "x" } };
        var actor = new InvokeActorRequest { ActorType = "cat", ActorId = "1", Method = "x" };

        var ofService = await channel.UnaryAsync(DaprMethods.InvokeService, service, new() { Cancellation = Stop });
        var ofActor = await channel.UnaryAsync(DaprMethods.InvokeActor, actor, new() { Cancellation = Stop });

        Assert.Equal(("asked for gzip", "asked for gzip"), (ofService.Data.Value.ToStringUtf8(), ofActor.Data.ToStringUtf8()));
    }

    private static async Task PackAsync(HttpContext context)
    {
        var text = context.Request.Path == "/dapr/config" ? """{"entities":["cat"]}""" : $"asked for {context.Request.Headers.AcceptEncoding}";
        context.Response.Headers.ContentEncoding = "gzip";
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) await gzip.WriteAsync(Encoding.UTF8.GetBytes(text), Stop);
        context.Response.ContentLength = packed.Length;
        await context.Response.Body.WriteAsync(packed.ToArray(), Stop);
    }
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Interop;

/// <summary>A client of @grpc/grpc-js against our server.</summary>
public sealed class GrpcJsClientTests : IAsyncLifetime
{
    private const int Megabyte = 1 << 20;

    private TestServer? _server;
    private GrpcJsClient? _client;

    private CancellationToken Cancellation { get; } = Some.Patience();

    private GrpcJsClient Client => _client!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync(new TestServer.Setup { Options = options => options.MaxReceiveMessageBytes = 16 * Megabyte });
        _client = await GrpcJsClient.StartAsync(_server.Address);
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task All_four_kinds_bring_their_messages()
    {
        var said = await Client.AskAsync("Say", new JsonObject { ["text"] = "grüße" });
        var expanded = await Client.AskAsync("Expand", new JsonObject { ["text"] = "n", ["times"] = 500 });
        var collected = await Client.AskAsync("Collect", Asks(500));
        var chatted = await Client.AskAsync("Chat", Asks(500));

        Assert.All([said, expanded, collected, chatted], outcome => Assert.Equal(StatusCode.OK, outcome.Status));
        Assert.Equal(["grüße"], said.Texts);
        Assert.Equal(Enumerable.Range(0, 500), expanded.Replies.Select(reply => (int)reply["number"]!));
        Assert.Equal((500, 50_000), ((int)collected.Replies.Single()["number"]!, (int)collected.Replies.Single()["total_bytes"]!));
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), chatted.Texts);
    }

    [Theory]
    [InlineData("Say", 0)]
    [InlineData("Expand", 2)]
    [InlineData("Collect", 0)]
    [InlineData("Chat", 0)]
    public async Task Errors_bring_code_message_and_details(string method, int before)
    {
        var details = Some.Bytes(50).ToByteArray();
        var fail = new JsonObject { ["code"] = 9, ["message"] = "50 % zu früh\n🎉", ["details"] = Convert.ToBase64String(details) };

        var outcome = await Client.AskAsync(method, new JsonObject { ["times"] = before, ["fail"] = fail });

        Assert.Equal((StatusCode.FailedPrecondition, "50 % zu früh\n🎉"), (outcome.Status, outcome.Details));
        Assert.Equal(Convert.ToHexStringLower(details), outcome.Trailer("grpc-status-details-bin"));
        Assert.Equal(before, outcome.Replies.Count);
    }

    [Fact]
    public async Task A_message_too_long_for_a_header_is_cut_and_the_status_survives()
    {
        var fail = new JsonObject { ["code"] = 5, ["message"] = new string('x', 100_000) };

        var outcome = await Client.AskAsync("Say", new JsonObject { ["fail"] = fail });

        Assert.Equal(StatusCode.NotFound, outcome.Status);
        Assert.StartsWith("xxxx", outcome.Details, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metadata_crosses_in_both_directions()
    {
        var metadata = new JsonArray(new JsonArray("echo-text", "a=b; c"), new JsonArray("echo-data-bin", "00ff8001"));

        var outcome = await Client.CallAsync("Say", new JsonObject { ["asks"] = new JsonArray(new JsonObject()), ["metadata"] = metadata });

        Assert.Equal(StatusCode.OK, outcome.Status);
        Assert.Equal(("a=b; c", "00ff8001"), (outcome.Header("echo-text"), outcome.Header("echo-data-bin")));
        Assert.Equal(("a=b; c", "00ff8001"), (outcome.Trailer("trailing-echo-text"), outcome.Trailer("trailing-echo-data-bin")));
    }

    [Fact]
    public async Task A_deadline_is_known_to_the_server_and_ends_the_call_at_both_ends()
    {
        var known =
            await Client.CallAsync("Say", new JsonObject { ["asks"] = new JsonArray(new JsonObject()), ["deadline_ms"] = 3_600_000 });
        var hanging = new JsonArray(new JsonObject { ["text"] = "late", ["hang"] = true });
        var ended = await Client.CallAsync("Say", new JsonObject { ["asks"] = hanging, ["deadline_ms"] = 1000 });

        Assert.InRange((long)known.Replies.Single()["remaining_ms"]!, 3_500_000, 3_600_000);
        Assert.Equal(StatusCode.DeadlineExceeded, ended.Status);
        Assert.Equal("late", await _server!.Echo.Cancelled.ReadAsync(Cancellation));
    }

    [Theory]
    [InlineData("Say")]
    [InlineData("Expand")]
    [InlineData("Collect")]
    [InlineData("Chat")]
    public async Task Cancellation_reaches_the_server(string method)
    {
        var call = new JsonObject { ["asks"] = new JsonArray(new JsonObject { ["text"] = method, ["hang"] = true }) };
        var (id, outcome) = await Client.BeginAsync(method, call);
        await _server!.Echo.Hanging.ReadAsync(Cancellation);

        await Client.CancelAsync(id);

        Assert.Equal(StatusCode.Cancelled, new GrpcJsClient.Outcome(await outcome).Status);
        Assert.Equal(method, await _server.Echo.Cancelled.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task A_compressing_client_is_understood_and_answered_compressed()
    {
        var encodings = new List<string?>();
        await using var server = await TestServer.StartAsync(app => app.MapUnary(EchoMethods.Say, (ask, call) =>
        {
            call.Http.Response.OnStarting(() =>
            {
                encodings.Add(call.Http.Response.Headers["grpc-encoding"]);
                return Task.CompletedTask;
            });
            return ValueTask.FromResult(new Reply { Text = ask.Text });
        }));
        await using var client =
            await GrpcJsClient.StartAsync(server.Address, new JsonObject { ["grpc.default_compression_algorithm"] = 2 });
        var text = new string('a', 100_000);

        var outcome = await client.AskAsync("Say", new JsonObject { ["text"] = text });
        var empty = await client.AskAsync("Say", new JsonObject());

        Assert.Equal([text], outcome.Texts);
        Assert.Equal([""], empty.Texts);
        Assert.Equal(["gzip", "gzip"], encodings);
    }

    [Fact]
    public async Task Big_messages_pass_up_to_the_limit_of_each_side()
    {
        var sent = await Client.AskAsync("Collect", new JsonObject { ["payload_size"] = 12 * Megabyte });
        var tooBig = await Client.AskAsync("Collect", new JsonObject { ["payload_size"] = 17 * Megabyte });
        var back = await Client.AskAsync("Say", new JsonObject { ["payload_size"] = 3 * Megabyte });
        var tooBigBack = await Client.AskAsync("Say", new JsonObject { ["reply_bytes"] = 5 * Megabyte });

        Assert.Equal(12 * Megabyte, (int)sent.Replies.Single()["total_bytes"]!);
        Assert.Equal(StatusCode.ResourceExhausted, tooBig.Status);
        var payload = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("payload ", 3 * Megabyte / 8)));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(payload)), (string?)back.Replies.Single()["payload_sha256"]);
        Assert.Equal(StatusCode.ResourceExhausted, tooBigBack.Status);
    }

    [Fact]
    public async Task A_thousand_calls_at_once_are_all_answered()
    {
        var call = new JsonObject { ["asks"] = new JsonArray(new JsonObject { ["text"] = "x" }), ["times"] = 1000 };

        var outcome = await Client.CallAsync("Say", call);

        Assert.Equal("{\"0\":1000}", outcome.Told["codes"]!.ToJsonString());
    }

    [Fact]
    public async Task Calls_go_through_TLS()
    {
        using var certificate = TestCertificate.Create();
        await using var server = await TestServer.StartAsync(new TestServer.Setup { Certificate = certificate.WithKey });
        await using var client = await GrpcJsClient.StartAsync(server.Address, root: certificate.Pem);

        Assert.Equal(["safe"], (await client.AskAsync("Say", new JsonObject { ["text"] = "safe" })).Texts);
    }

    private static JsonObject[] Asks(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new JsonObject { ["text"] = $"{i}", ["payload_size"] = 100 })];
}

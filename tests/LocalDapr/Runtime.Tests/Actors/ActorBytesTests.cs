using System.Text;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Microsoft.AspNetCore.Http;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

/// <summary>What passes to the app and back, to the byte: bodies, paths and headers as daprd writes them.</summary>
public sealed class ActorBytesTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{  "b": [ 12, 4 ] , "a" :1.50,"a":2e3 }""", """{"b":[12,4],"a":1.50,"a":2e3}""")]
    [InlineData(""" "<a & b>" """, """ "\u003ca \u0026 b\u003e" """)]
    [InlineData("\"a \\\" {} \\\\\"", "\"a \\\" {} \\\\\"")]
    [InlineData("\"\\u00fc\\/ü\u2028€\u2029\"", "\"\\u00fc\\/ü\\u2028€\\u2029\"")]
    [InlineData("null", "null")]
    public async Task The_data_of_a_reminder_or_timer_comes_without_white_space_and_is_safe_in_HTML(string given, string told)
    {
        await using var app = await ActorApp.StartAsync();

        (await app.SendAsync("POST", "Cart/1/timers/t", $$"""{"dueTime":"0s","callback":"<c>","data":{{given}}}""")).EnsureSuccessStatusCode();
        (await app.SendAsync("POST", "Cart/1/reminders/r", $$"""{"dueTime":"0s","data":{{given}}}""")).EnsureSuccessStatusCode();
        (await app.SendAsync("POST", "Cart/1/reminders/later", $$"""{"dueTime":"1h","data":{{given}}}""")).EnsureSuccessStatusCode();
        using var shown = await app.SendAsync("GET", "Cart/1/reminders/later");

        Assert.Equal(
            $$"""{"data":{{told.Trim()}},"callback":"\u003cc\u003e","dueTime":"0s","period":""}""", (await app.SeenAsync("timer/t")).Body);
        Assert.Equal($$"""{"data":{{told.Trim()}},"dueTime":"","period":""}""", (await app.SeenAsync("remind/r")).Body);
        Assert.Equal(
            $$"""{"actorID":"1","actorType":"Cart","data":{{told.Trim()}},"dueTime":"1h"}""", await shown.Content.ReadAsStringAsync(Stop));
    }

    [Theory]
    [InlineData("m", "m")]
    [InlineData("", "")]
    [InlineData("../..", "")]
    [InlineData("a/../b!$&'()*+,;=:@~", "/b!$&'()*+,;=:@~")]
    [InlineData("a b/ü\"%", "/a%20b/%C3%BC%22%25")]
    public async Task The_path_of_a_call_is_escaped_as_little_as_may_be_and_has_no_empty_end(string method, string path)
    {
        await using var app = await ActorApp.StartAsync();
        using var channel = app.One.OpenGrpc();

        await channel.UnaryAsync(
            DaprMethods.InvokeActor, new InvokeActorRequest { ActorType = "Cart", ActorId = "a@1:2,3", Method = method }, new CallOptions { Cancellation = Stop });

        Assert.Equal($"/actors/Cart/a@1:2,3/method/{path.TrimStart('/')}".TrimEnd('/'), Assert.Single(app.Calls).Target);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Headers_of_gRPC_itself_go_no_further_than_the_sidecar(bool isGrpc)
    {
        await using var app = await ActorApp.StartAsync();
        (string, string)[] headers = [("x-mine", "1"), ("x-mine-bin", "YQ=="), ("grpc-mine", "2"), ("destination-app-id", "other")];

        if (!isGrpc) (await app.SendAsync("POST", "Cart/1/method/m", body: null, headers)).EnsureSuccessStatusCode();
        else await InvokeGrpcAsync(app, [.. headers, ("content-type", "application/json"), (":path", "/evil")]);

        var seen = Assert.Single(app.Calls).Headers;
        Assert.Equal(("1", "2"), (seen["x-mine"].ToString(), seen["dapr-grpc-mine"].ToString()));
        Assert.False(seen.ContainsKey("x-mine-bin") || seen.ContainsKey("grpc-mine") || seen.ContainsKey("content-type"));
        Assert.False(seen.ContainsKey("destination-app-id"));
        Assert.Equal(isGrpc ? "/evil" : "", seen["dapr-path"].ToString());
    }

    [Fact]
    public async Task Nor_do_those_of_an_answer()
    {
        await using var app = await ActorApp.StartAsync();
        app.Does["m"] = context =>
        {
            foreach (var name in (string[])["x-mine", "x-mine-bin", "grpc-mine", "destination-app-id"]) context.Response.Headers[name] = "1";
            context.Response.ContentType = "text/x";
            return Task.CompletedTask;
        };

        using var answer = await app.SendAsync("POST", "Cart/1/method/m");

        Assert.Equal(
            ["dapr-grpc-mine", "x-mine"],
            answer.Headers.Select(header => header.Key.ToLowerInvariant()).Where(name => name is not ("date" or "server" or "traceparent")).Order(StringComparer.Ordinal));
        Assert.Equal("text/x", answer.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task Who_answered_and_when_is_for_the_app_to_say()
    {
        await using var app = await ActorApp.StartAsync();
        app.Does["m"] = context =>
        {
            (context.Response.Headers.Server, context.Response.Headers.Date) = ("mine", "Mon, 01 Jan 2001 00:00:00 GMT");
            return Task.CompletedTask;
        };

        using var answer = await app.SendAsync("POST", "Cart/1/method/m", body: null, ("Date", "Tue, 02 Jan 2001 00:00:00 GMT"));

        Assert.Equal(["mine"], answer.Headers.GetValues("Server"));
        Assert.Equal(["Mon, 01 Jan 2001 00:00:00 GMT"], answer.Headers.NonValidated["Date"]);
        Assert.Equal("Tue, 02 Jan 2001 00:00:00 GMT", Assert.Single(app.Calls).Headers.Date);
    }

    [Fact]
    public async Task A_deactivation_names_the_type_of_the_body_it_does_not_have()
    {
        await using var app = await ActorApp.StartAsync();

        (await app.SendAsync("POST", "Brief/1/method/m")).EnsureSuccessStatusCode();

        var end = await app.SeenAsync("/actors/Brief/1");
        Assert.Equal(("DELETE", "application/x-protobuf", ""), (end.Verb, end.Headers.ContentType.ToString(), end.Body));
    }

    private static async Task InvokeGrpcAsync(ActorApp app, (string Name, string Value)[] metadata)
    {
        using var channel = app.One.OpenGrpc();
        var request = new InvokeActorRequest { ActorType = "Cart", ActorId = "1", Method = "m" };
        foreach (var (name, value) in metadata) request.Metadata[name] = value;
        await channel.UnaryAsync(DaprMethods.InvokeActor, request, new CallOptions { Cancellation = Stop });
    }
}

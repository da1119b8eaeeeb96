using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.State;

public sealed class StateHttpTests
{
    private static readonly string store = OneSidecar.Component("store", "state.in-memory", ("keyPrefix", "none"), ("actorStateStore", "true"));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(9_990, 204)]
    [InlineData(10_001, 400)]
    public async Task Values_may_be_as_deep_as_Go_reads_them(int depth, int status)
    {
        await using var one = await OneSidecar.StartAsync(
            context => context.Request.Path == "/dapr/config" ? context.Response.WriteAsync("""{"entities":["Cat"]}""", Stop) : Task.CompletedTask, null, store);
        var value = new string('[', depth) + new string(']', depth);
        await PostAsync(one, "/v1.0/actors/Cat/1/method/wake", "");

        Assert.Equal(status, await PostAsync(one, "/v1.0/state/store", $$"""[{"key":"k","value":{{value}}}]"""));
        Assert.Equal(status, await PostAsync(one, "/v1.0/state/store/transaction", $$$"""{"operations":[{"operation":"upsert","request":{"key":"t","value":{{{value}}}}}]}"""));
        Assert.Equal(status, await PostAsync(one, "/v1.0/actors/Cat/1/state", $$$"""[{"operation":"upsert","request":{"key":"k","value":{{{value}}}}}]"""));
        Assert.Equal(status, await PostAsync(one, "/v1.0/actors/Cat/1/reminders/r", $$"""{"dueTime":"1h","data":{{value}}}"""));
        Assert.Equal(status, await PostAsync(one, "/v1.0/actors/Cat/1/timers/t", $$"""{"dueTime":"1h","data":{{value}}}"""));

        if (status != 204) return;
        Assert.Equal(value, await one.Http.GetStringAsync(new Uri("/v1.0/state/store/k", UriKind.Relative), Stop));
        Assert.Contains(value, await BulkAsync(one, "k"), StringComparison.Ordinal);
        Assert.Equal(value, await one.Http.GetStringAsync(new Uri("/v1.0/actors/Cat/1/state/k", UriKind.Relative), Stop));
        Assert.Contains(value, await one.Http.GetStringAsync(new Uri("/v1.0/actors/Cat/1/reminders/r", UriKind.Relative), Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_surrogate_pair_is_stored_as_U_FFFD_in_keys_too()
    {
        await using var one = await OneSidecar.StartAsync(null, null, store);

        Assert.Equal(204, await PostAsync(one, "/v1.0/state/store", """[{"key":"k\ud83d","value":"ab\ud83d"}]"""));

        Assert.Equal("\"ab\ufffd\"", await one.Http.GetStringAsync(new Uri("/v1.0/state/store/k%EF%BF%BD", UriKind.Relative), Stop));
        Assert.Equal("[{\"key\":\"k\ufffd\",\"data\":\"ab\ufffd\",\"etag\":\"1\"}]", await BulkAsync(one, "k\\ud83d"));
    }

    [Fact]
    public async Task A_bulk_answer_has_the_bytes_that_are_stored()
    {
        await using var one = await OneSidecar.StartAsync(null, null, store);
        using var channel = one.OpenGrpc();
        var request = new SaveStateRequest
        {
            StoreName = "store",
            States =
            {
                new StateItem { Key = "json", Value = ByteString.CopyFromUtf8("""{"b": 1.0, "a": "😀<\u00fc"}""") },
                new StateItem { Key = "<bytes>", Value = ByteString.CopyFrom(0, 255) },
            },
        };
        await channel.UnaryAsync(DaprMethods.SaveState, request, new() { Cancellation = Stop });

        var answer = await BulkAsync(one, "json\",\"<bytes>\",\"none");

        Assert.Equal(
            """[{"key":"json","data":{"b": 1.0, "a": "😀<\u00fc"},"etag":"1"},{"key":"\u003cbytes\u003e","data":"AP8=","etag":"1"},{"key":"none"}]""", answer);
    }

    private static async Task<string> BulkAsync(OneSidecar one, string keys)
    {
        using var body = new StringContent($$"""{"keys":["{{keys}}"]}""", Encoding.UTF8, "application/json");
        using var answer = await one.Http.PostAsync(new Uri("/v1.0/state/store/bulk", UriKind.Relative), body, Stop);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return Regex.Replace(await answer.Content.ReadAsStringAsync(Stop), "\"etag\":\"[^\"]+\"", "\"etag\":\"1\"");
    }

    private static async Task<int> PostAsync(OneSidecar one, string path, string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await one.Http.PostAsync(new Uri(path, UriKind.Relative), body, Stop);
        return (int)answer.StatusCode;
    }
}

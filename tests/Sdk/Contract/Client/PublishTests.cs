using System.Text;
using Dapr;
using Dapr.Client;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Xunit;

namespace Sdk.Contract.Client;

public sealed class PublishTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_is_json_unless_it_is_a_cloud_event_or_bytes()
    {
        await using var sidecar = await ClientSidecar.StartAsync(s => s.Answer(DaprMethods.PublishEvent, _ => new Empty()));

        await sidecar.Client.PublishEventAsync("bus", "topic", new { Total = 1 }, new Dictionary<string, string> { ["ttlInSeconds"] = "5" }, Cancellation);
        await sidecar.Client.PublishEventAsync("bus", "topic", new CloudEvent<int>(3) { Id = "7", Type = "t", Source = new Uri("urn:shop"), Time = DateTimeOffset.UnixEpoch }, Cancellation);
        await sidecar.Client.PublishByteEventAsync("bus", "topic", Encoding.UTF8.GetBytes("raw"), "text/plain", cancellationToken: Cancellation);
        await sidecar.Client.PublishEventAsync("bus", "topic", Cancellation);

        Assert.Equal(
            [
                """application/json {"total":1}""",
                """application/cloudevents+json {"data":3,"datacontenttype":"application/json","id":"7","source":"urn:shop","type":"t","time":"1970-01-01T00:00:00+00:00","subject":null}""",
                "text/plain raw",
                " ",
            ],
            sidecar.Asked.Cast<PublishEventRequest>().Select(request => $"{request.DataContentType} {request.Data.ToStringUtf8()}"));
        Assert.Equal("5", sidecar.Asked.Cast<PublishEventRequest>().First().Metadata["ttlInSeconds"]);
    }

    [Fact]
    public async Task Many_events_are_numbered_and_those_that_failed_come_back()
    {
        await using var sidecar = await ClientSidecar.StartAsync(s =>
        {
            s.Answer(DaprMethods.BulkPublishEvent, Refuse);
            s.Answer(DaprMethods.BulkPublishEventAlpha1, Refuse);
        });

        var answer = await sidecar.Client.BulkPublishEventAsync("bus", "topic", ["a", "b", "c"], cancellationToken: Cancellation);

        var failed = Assert.Single(answer.FailedEntries);
        Assert.Equal(("1", "b", "full"), (failed.Entry.EntryId, failed.Entry.EventData, failed.ErrorMessage));
        Assert.Equal(["0 application/json \"a\"", "1 application/json \"b\"", "2 application/json \"c\""], sidecar.Single<BulkPublishRequest>().Entries
            .Select(entry => $"{entry.EntryId} {entry.ContentType} {entry.Event.ToStringUtf8()}"));

        static BulkPublishResponse Refuse(BulkPublishRequest request) =>
            new() { FailedEntries = { new BulkPublishResponseFailedEntry { EntryId = "1", Error = "full" } } };
    }

    [Fact]
    public async Task A_binding_takes_json_or_bytes_and_answers_either()
    {
        await using var sidecar = await ClientSidecar.StartAsync(s => s.Answer(
            DaprMethods.InvokeBinding, request => new InvokeBindingResponse { Data = request.Data, Metadata = { ["got"] = request.Operation } }));

        var json = await sidecar.Client.InvokeBindingAsync<int[], int[]>("out", "create", [1, 2], cancellationToken: Cancellation);
        var bytes = await sidecar.Client.InvokeBindingAsync(new BindingRequest("out", "put") { Data = new byte[] { 9 } }, Cancellation);

        Assert.Equal([1, 2], json);
        Assert.Equal([9], bytes.Data.ToArray());
        Assert.Equal("put", bytes.Metadata["got"]);
    }

    [Fact]
    public async Task Secrets_are_read_one_by_one_or_all()
    {
        await using var sidecar = await ClientSidecar.StartAsync(s =>
        {
            s.Answer(DaprMethods.GetSecret, request => new GetSecretResponse { Data = { [request.Key] = "x" } });
            s.Answer(DaprMethods.GetBulkSecret, _ => new GetBulkSecretResponse { Data = { ["a"] = new SecretResponse { Secrets = { ["b"] = "y" } } } });
        });

        Assert.Equal("x", (await sidecar.Client.GetSecretAsync("vault", "key", cancellationToken: Cancellation))["key"]);
        Assert.Equal("y", (await sidecar.Client.GetBulkSecretAsync("vault", cancellationToken: Cancellation))["a"]["b"]);
    }
}

using System.Text;
using Dapr;
using Dapr.Client;
using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using MiniGrpc;
using Xunit;
using StateOptions = Dapr.Client.StateOptions;
using WireOptions = Dapr.Protocol.Common.V1.StateOptions.Types;

namespace Sdk.Contract.Client;

public sealed class StateTests
{
    private static readonly Dictionary<string, string> Metadata = new() { ["m"] = "1" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_value_is_written_as_json_with_its_options_and_metadata()
    {
        await using var sidecar = await ClientSidecar.StartAsync(s => s.Answer(DaprMethods.SaveState, _ => new Empty()));
        var options = new StateOptions { Concurrency = ConcurrencyMode.FirstWrite, Consistency = ConsistencyMode.Strong };

        await sidecar.Client.SaveStateAsync("store", "key", new { OrderId = 7 }, options, Metadata, Cancellation);

        var item = Assert.Single(sidecar.Single<SaveStateRequest>().States);
        Assert.Equal("""{"orderId":7}""", item.Value.ToStringUtf8());
        Assert.Equal((WireOptions.StateConcurrency.ConcurrencyFirstWrite, WireOptions.StateConsistency.ConsistencyStrong), (item.Options.Concurrency, item.Options.Consistency));
        Assert.Equal(("1", null, "secret"), (item.Metadata["m"], item.Etag, sidecar.LastToken));
    }

    [Fact]
    public async Task Only_an_aborted_write_is_a_lost_race()
    {
        var status = StatusCode.Aborted;
        await using var sidecar = await ClientSidecar.StartAsync(s =>
        {
            s.Answer(DaprMethods.SaveState, _ => throw new RpcException(status, "no"));
            s.Answer(DaprMethods.DeleteState, _ => throw new RpcException(status, "no"));
        });

        Assert.False(await sidecar.Client.TrySaveStateAsync("store", "key", 1, "etag", cancellationToken: Cancellation));
        Assert.False(await sidecar.Client.TryDeleteStateAsync("store", "key", "etag", cancellationToken: Cancellation));
        Assert.Equal("etag", Assert.Single(sidecar.Single<SaveStateRequest>().States).Etag.Value);
        status = StatusCode.Internal;
        var failure = await Assert.ThrowsAsync<DaprException>(() => sidecar.Client.TrySaveStateAsync("store", "key", 1, "etag", cancellationToken: Cancellation));
        Assert.Equal((Grpc.Core.StatusCode.Internal, "no"), failure.InnerException is Grpc.Core.RpcException e ? (e.StatusCode, e.Status.Detail) : default);
    }

    [Fact]
    public async Task A_missing_key_is_the_default_and_an_entry_that_can_be_saved()
    {
        await using var sidecar = await ClientSidecar.StartAsync(s =>
        {
            s.Answer(DaprMethods.GetState, _ => new GetStateResponse());
            s.Answer(DaprMethods.SaveState, _ => new Empty());
        });

        var entry = await sidecar.Client.GetStateEntryAsync<int?>("store", "key", ConsistencyMode.Eventual, Metadata, Cancellation);
        entry.Value = 5;
        await entry.SaveAsync(cancellationToken: Cancellation);

        Assert.Equal("", entry.ETag);
        Assert.Equal(WireOptions.StateConsistency.ConsistencyEventual, sidecar.Single<GetStateRequest>().Consistency);
        Assert.Equal("5", Assert.Single(sidecar.Single<SaveStateRequest>().States).Value.ToStringUtf8());
    }

    [Fact]
    public async Task Many_keys_are_read_written_and_deleted_in_one_call_each()
    {
        await using var sidecar = await ClientSidecar.StartAsync(s =>
        {
            s.Answer(DaprMethods.GetBulkState, request => new GetBulkStateResponse
            {
                Items = { request.Keys.Select(key => new Dapr.Protocol.Runtime.V1.BulkStateItem { Key = key, Data = ByteString.CopyFromUtf8("1"), Etag = "e" }) },
            });
            s.Answer(DaprMethods.SaveState, _ => new Empty());
            s.Answer(DaprMethods.DeleteBulkState, _ => new Empty());
        });

        var read = await sidecar.Client.GetBulkStateAsync<int>("store", ["a", "b"], parallelism: 3, cancellationToken: Cancellation);
        var texts = await sidecar.Client.GetBulkStateAsync("store", ["a"], parallelism: null, cancellationToken: Cancellation);
        await sidecar.Client.SaveBulkStateAsync("store", [new SaveStateItem<int>("a", 1, "e"), new SaveStateItem<int>("b", 2, null!)], Cancellation);
        await sidecar.Client.DeleteBulkStateAsync("store", [new BulkDeleteStateItem("a", "e")], Cancellation);

        Assert.Equal(["a=1/e", "b=1/e"], read.Select(item => $"{item.Key}={item.Value}/{item.ETag}"));
        Assert.Equal("1", Assert.Single(texts).Value);
        Assert.Equal(["e", null], sidecar.Single<SaveStateRequest>().States.Select(item => item.Etag?.Value));
        Assert.Equal("a", Assert.Single(sidecar.Single<DeleteBulkStateRequest>().States).Key);
    }

    [Fact]
    public async Task A_transaction_carries_its_operations_in_order()
    {
        await using var sidecar = await ClientSidecar.StartAsync(s => s.Answer(DaprMethods.ExecuteStateTransaction, _ => new Empty()));
        var outbox = new OutboxTransactionBuilder()
            .Upsert("a", Encoding.UTF8.GetBytes("1"), "e").UpsertWithProjection("b", Encoding.UTF8.GetBytes("2"), Encoding.UTF8.GetBytes("3")).Delete("c").Build();

        await sidecar.Client.ExecuteStateTransactionAsync("store", outbox, Metadata, Cancellation);

        var request = sidecar.Single<ExecuteStateTransactionRequest>();
        Assert.Equal(
            ["upsert a 1 e ", "upsert b 2  ", "upsert b 3  outbox.projection=true", "delete c   "],
            request.Operations.Select(o => $"{o.OperationType} {o.Request.Key} {o.Request.Value.ToStringUtf8()} {o.Request.Etag?.Value} {string.Join(',', o.Request.Metadata.Select(m => $"{m.Key}={m.Value}"))}"));
        Assert.Equal("1", request.Metadata["m"]);
    }

    [Fact]
    public void An_operation_with_cloud_event_attributes_is_another_operation()
    {
        var plain = new StateTransactionRequest("k", [1], StateOperationType.Upsert, metadata: Metadata);

        var event1 = plain.WithCloudEventOverrides(id: "1", traceState: "s");

        Assert.Equal(["m=1"], plain.Metadata!.Select(item => $"{item.Key}={item.Value}"));
        Assert.Equal(["m=1", "cloudevent.id=1", "cloudevent.tracestate=s"], event1.Metadata!.Select(item => $"{item.Key}={item.Value}"));
    }

    [Fact]
    public async Task A_query_answers_its_page_or_says_which_entries_cannot_be_read()
    {
        var broken = "";
        await using var sidecar = await ClientSidecar.StartAsync(s => s.Answer(DaprMethods.QueryStateAlpha1, _ => new QueryStateResponse
        {
            Token = "next",
            Results = { new QueryStateItem { Key = "a", Data = ByteString.CopyFromUtf8("1"), Etag = "e" }, new QueryStateItem { Key = "b", Data = ByteString.CopyFromUtf8("2"), Error = broken } },
        }));

        var page = await sidecar.Client.QueryStateAsync<int>("store", "{}", cancellationToken: Cancellation);
        broken = "rotten";
        var failure = await Assert.ThrowsAsync<StateQueryException<int>>(() => sidecar.Client.QueryStateAsync<int>("store", "{}", cancellationToken: Cancellation));

        Assert.Equal(("next", 2, 1), (page.Token, page.Results.Count, page.Results[0].Data));
        Assert.Equal("b", Assert.Single(failure.FailedKeys));
        Assert.Equal("a", Assert.Single(failure.Response.Results).Key);
    }
}

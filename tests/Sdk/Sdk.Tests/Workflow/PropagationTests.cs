using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using Dapr.Workflow.Replay;
using Google.Protobuf;
using Xunit;
using static Sdk.Tests.Workflow.Histories;

namespace Sdk.Tests.Workflow;

public sealed class PropagationTests
{
    [Fact]
    public void A_callers_steps_are_told_with_their_outcome()
    {
        HistoryEvent[] events =
        [
            Started(), Scheduled(0, "Reserve"), Completed(0, "\"ok\""), Scheduled(1, "Charge"), Failed(1), ChildCreated(2, "Pack"),
        ];
        var chunk = new PropagatedHistoryChunk { AppId = "ordering", InstanceId = "one", WorkflowName = "OrderSaga" };
        chunk.RawEvents.AddRange(events.Select(e => e.ToByteString()));

        var history = Propagation.Read(new Dapr.DurableTask.Protobuf.PropagatedHistory { Chunks = { chunk } });

        Assert.NotNull(history);
        Assert.True(history.TryGetLastWorkflowEventByName("ordersaga", out var caller));
        Assert.Equal((PropagatedHistoryStatus.Completed, "\"ok\""), (caller.Activities[0].Status, caller.Activities[0].Output));
        Assert.True(caller.TryGetLastActivityByName("charge", out var charge));
        Assert.True(charge.FailureDetails!.IsCausedBy<TimeoutException>());
        Assert.Equal(PropagatedHistoryStatus.Pending, caller.GetWorkflowsByName("Pack").Single().Status);
    }

    [Fact]
    public void Nothing_told_is_no_history() => Assert.Null(Propagation.Read(null));
}

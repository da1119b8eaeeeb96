using Dapr.Workflow;
using DaprOrders.Ordering.Saga;
using Xunit;

namespace DaprOrders.Ordering.Tests;

public sealed class SagaWatchTests
{
    [Theory]
    [InlineData(WorkflowRuntimeStatus.Running)]
    [InlineData(WorkflowRuntimeStatus.Pending)]
    [InlineData(WorkflowRuntimeStatus.Suspended)] // somebody did that, and can undo it
    [InlineData(WorkflowRuntimeStatus.Stalled)]   // waits for a worker that knows its history
    [InlineData(WorkflowRuntimeStatus.ContinuedAsNew)]
    [InlineData(WorkflowRuntimeStatus.Unknown)]
    public void A_saga_that_lives_or_waits_for_somebody_is_left_alone(WorkflowRuntimeStatus status) => Assert.Null(SagaWatch.LossOf(exists: true, status));

    [Theory]
    [InlineData(WorkflowRuntimeStatus.Failed, "failed")]
    [InlineData(WorkflowRuntimeStatus.Terminated, "terminated")]
    [InlineData(WorkflowRuntimeStatus.Canceled, "terminated")]
    [InlineData(WorkflowRuntimeStatus.Completed, "completed")]
    public void A_saga_that_ended_before_its_order_is_lost(WorkflowRuntimeStatus status, string loss) => Assert.Equal(loss, SagaWatch.LossOf(exists: true, status));

    [Fact]
    public void A_saga_that_is_not_there_is_lost() => Assert.Equal("missing", SagaWatch.LossOf(exists: false, WorkflowRuntimeStatus.Unknown));
}

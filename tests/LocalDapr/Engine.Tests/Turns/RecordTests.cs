using LocalDapr.Engine.History;
using LocalDapr.Engine.Records;
using Xunit;

namespace LocalDapr.Engine.Tests.Turns;

public sealed class RecordTests
{
    private static readonly Moment At = new(253402300799, 999_999_999);

    public static TheoryData<HistoryEvent> Events =>
    [
        new ExecutionStarted("w", "i", "e")
        {
            Input = "żółć",
            ScheduledStart = At,
            Trace = new TraceContext("00-a-b-01", "b"),
            Parent = new ParentInstance(7, "p", "pi", "pe") { AppId = "app" },
        },
        new ExecutionStarted("w", "i", "e") { FirstExecutionId = "first" },
        new ExecutionCompleted(RuntimeStatus.Failed, null, new FailureDetails("T", "m") { Inner = new FailureDetails("I", "") { IsNonRetriable = true } }),
        new ExecutionTerminated("out", true),
        new TaskScheduled("t") { Input = "", TaskExecutionId = "x", Scope = PropagationScope.None },
        new TaskCompleted(70_000, null, ""),
        new TaskFailed(0, new FailureDetails("T", "m") { StackTrace = "s" }, "x"),
        new ChildCreated("c", "n") { RerunOf = "r", Scope = PropagationScope.Lineage },
        new ChildCompleted(1, "r"),
        new ChildFailed(1, null),
        new TimerCreated(At) { Name = "n", Origin = TimerOrigin.ExternalEvent, OriginDetail = "go" },
        new TimerFired(-3, At),
        new EventSent("i", "n", null),
        new EventRaised("n", "p"),
        new ExecutionSuspended(null),
        new ExecutionResumed("why"),
        new ExecutionStalled(StallReason.PatchMismatch, "d"),
        new DetachedCreated("d"),
    ];

    [Theory]
    [MemberData(nameof(Events))]
    public void An_event_comes_back_from_its_binary_form_as_it_was(HistoryEvent happened)
    {
        var stamped = happened with { EventId = 42, Timestamp = At, Router = new EventRouter("a", "b") };
        var record = new InstanceRecord { At = At, History = [stamped], Inbox = [new InboxEvent(3, stamped)], ConsumedThrough = 2 };

        var read = InstanceRecord.Decode(record.Encode(new RecordWriter()));

        Assert.Equal(stamped, Assert.Single(read.History));
        Assert.Equal(new InboxEvent(3, stamped), Assert.Single(read.Inbox));
        Assert.Equal((At, 2L, false), (read.At, read.ConsumedThrough, read.Restarts));
    }

    [Fact]
    public void A_record_of_a_newer_format_is_refused_with_both_numbers()
    {
        var refused = Assert.Throws<InvalidDataException>(() => InstanceRecord.Decode([9, 0]));

        Assert.Contains("format 9", refused.Message);
        Assert.Contains("up to 1", refused.Message);
    }
}

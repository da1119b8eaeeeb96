using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>Payloads up to the limit pass; one beyond it fails what made it, with its size, and nothing hangs.</summary>
public sealed class PayloadLimitTests : IAsyncDisposable
{
    private const int Limit = 1_000;

    private readonly WorkflowEngine _engine =
        new(new EngineOptions("shop") { MaxPayloadBytes = Limit }, new InMemoryWorkflowStore(), TimeProvider.System);

    private ScriptedWorker? _worker;

    private static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null) await _worker.DisposeAsync();
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task Inputs_and_events_beyond_the_limit_are_refused_and_those_at_it_are_not()
    {
        var worker = await WorkerAsync();
        worker.Workflows["wait"] = static history =>
            history.OfType<EventRaised>().Any() ? [new CompleteWorkflow(1, RuntimeStatus.Completed)] : [];

        var refused = await Assert.ThrowsAsync<WorkflowException>(
            () => _engine.StartAsync(new StartRequest("a", "wait") { Input = new string('ä', (Limit / 2) + 1) }, Deadline).AsTask());
        await _engine.StartAsync(new StartRequest("a", "wait") { Input = new string('ä', Limit / 2) }, Deadline);
        await Assert.ThrowsAsync<WorkflowException>(async () => await _engine.RaiseAsync("a", "go", new string('x', Limit + 1), Deadline));
        await _engine.RaiseAsync("a", "go", new string('x', Limit), Deadline);
        var done = await _engine.WaitForCompletionAsync("a", Deadline);

        Assert.Equal(WorkflowErrorKind.TooLarge, refused.Kind);
        Assert.Equal(RuntimeStatus.Completed, done.Status);
    }

    [Fact]
    public async Task An_activity_whose_result_is_beyond_the_limit_has_failed_for_good()
    {
        var worker = await WorkerAsync();
        worker.Activity = static item => new ActivityResult(item.InstanceId, item.Task.EventId, new string('x', Limit + 5), null);
        worker.Workflows["big"] = static history =>
            history.OfType<TaskFailed>().FirstOrDefault() is { } failed ? [new CompleteWorkflow(2, RuntimeStatus.Failed) { Failure = failed.Failure }]
            : history.OfType<TaskScheduled>().Any() ? [] : [new ScheduleTask(1, "export")];

        await _engine.StartAsync(new StartRequest("a", "big"), Deadline);
        var failure = (await _engine.WaitForCompletionAsync("a", Deadline)).Completed!.Failure!;

        Assert.Equal("the result of activity 'export' has 1005 bytes, more than max-body-size allows (1000)", failure.ErrorMessage);
        Assert.True(failure.IsNonRetriable);
    }

    [Theory]
    [InlineData("activity", "the input of activity 'step' has 1001 bytes")]
    [InlineData("child", "the input of child workflow 'kid' has 1001 bytes")]
    [InlineData("output", "the output of the workflow has 1001 bytes")]
    [InlineData("again", "the output of the workflow has 1001 bytes")]
    [InlineData("event", "the event 'go' has 1001 bytes")]
    public async Task A_workflow_that_hands_on_more_than_the_limit_fails(string how, string why)
    {
        var payload = new string('x', Limit + 1);
        WorkflowAction action = how switch
        {
            "activity" => new ScheduleTask(1, "step") { Input = payload },
            "child" => new CreateChild(1, "b", "kid") { Input = payload },
            "event" => new SendEvent(1, "b", "go", payload),
            _ => new CompleteWorkflow(1, how == "again" ? RuntimeStatus.ContinuedAsNew : RuntimeStatus.Completed) { Result = payload },
        };
        (await WorkerAsync()).Workflows["big"] = _ => [action];

        await _engine.StartAsync(new StartRequest("a", "big"), Deadline);
        var done = await _engine.WaitForCompletionAsync("a", Deadline);

        Assert.Equal(RuntimeStatus.Failed, done.Status);
        Assert.StartsWith(why, done.Completed!.Failure!.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal("PayloadTooLarge", done.Completed.Failure.ErrorType);
    }

    private async Task<ScriptedWorker> WorkerAsync()
    {
        await _engine.StartAsync(Deadline);
        return _worker = new ScriptedWorker(_engine);
    }
}

using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>Parents and children within one app: many of them, ids that are taken, ends and removals that go down.</summary>
public sealed class FamilyTests : IAsyncDisposable
{
    private readonly WorkflowEngine _engine = new(
        new EngineOptions("shop") { FinishedInMemory = 50, IdleInMemory = 50 }, new InMemoryWorkflowStore(), TimeProvider.System);

    private ScriptedWorker _worker = null!;

    private static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task A_turn_may_create_far_more_children_than_stay_in_memory()
    {
        const int Children = 400;
        await BeginWithManyAsync(Children);

        Assert.Equal("all", (await _engine.WaitForCompletionAsync("p", Deadline)).Completed!.Result);

        Assert.Equal(Children + 1, await _engine.PurgeAsync("p", recursive: true, force: false, Deadline));
        Assert.Empty(await _engine.ListAsync(null, 10, Deadline));
        Assert.InRange(_engine.InstancesInMemory, 0, 100);
    }

    [Fact]
    public async Task An_id_is_free_again_although_far_more_children_are_looked_at_than_stay_in_memory()
    {
        const int Children = 100;
        await BeginWithManyAsync(Children);
        await _engine.WaitForCompletionAsync("p", Deadline);

        await _engine.StartAsync(new StartRequest("p", "parent"), Deadline);

        Assert.Equal("all", (await _engine.WaitForCompletionAsync("p", Deadline)).Completed!.Result);
    }

    [Fact]
    public async Task A_recursive_termination_ends_far_more_children_than_stay_in_memory()
    {
        const int Children = 400;
        await BeginAsync();
        _worker.Workflows["child"] = static _ => [];
        _worker.Workflows["parent"] = history => history.OfType<ChildCreated>().Any()
            ? [] : [.. Enumerable.Range(1, Children).Select(i => new CreateChild(i, $"kid{i}", "child"))];
        await _engine.StartAsync(new StartRequest("p", "parent"), Deadline);
        for (var i = 1; i <= Children; i++) await _engine.WaitForStartAsync($"kid{i}", Deadline);

        await _engine.TerminateAsync("p", "over", recursive: true, Deadline);

        Assert.Equal("over", (await _engine.WaitForCompletionAsync("p", Deadline)).Completed!.Result);
        for (var i = 1; i <= Children; i++)
            Assert.Equal(RuntimeStatus.Terminated, (await _engine.WaitForCompletionAsync($"kid{i}", Deadline)).Status);
    }

    [Fact]
    public async Task A_recursive_termination_reaches_the_children_that_the_terminated_turn_creates_but_nobody_else_of_that_id()
    {
        await BeginAsync();
        _worker.Workflows["child"] = static _ => [];
        _worker.Workflows["parent"] = static history => history.OfType<ExecutionTerminated>().Any()
            ? [new CreateChild(1, "kid", "child"), new CreateChild(2, "stranger", "child"), new CompleteWorkflow(3, RuntimeStatus.Terminated)] : [];
        await _engine.StartAsync(new StartRequest("stranger", "child"), Deadline);
        await _engine.StartAsync(new StartRequest("p", "parent"), Deadline);

        await _engine.TerminateAsync("p", null, recursive: true, Deadline);

        Assert.Equal(RuntimeStatus.Terminated, (await _engine.WaitForCompletionAsync("kid", Deadline)).Status);
        await _engine.FlushAsync();
        Assert.Equal(RuntimeStatus.Running, (await _engine.WaitForStartAsync("stranger", Deadline)).Status);
    }

    [Fact]
    public async Task An_id_is_free_again_only_when_no_grandchild_runs()
    {
        await BeginWithGrandchildAsync();

        var refused = await Assert.ThrowsAsync<WorkflowException>(() => _engine.StartAsync(new StartRequest("p", "parent"), Deadline).AsTask());
        Assert.Equal(WorkflowErrorKind.AlreadyExists, refused.Kind);
        Assert.Equal(
            "cannot recreate workflow with ID 'p': child workflow 'kid': child workflow 'grandkid': orchestration has not yet completed",
            refused.Message);
        await _engine.RaiseAsync("grandkid", "go", null, Deadline);
        await _engine.WaitForCompletionAsync("grandkid", Deadline);

        await _engine.StartAsync(new StartRequest("p", "parent"), Deadline);
    }

    [Fact]
    public async Task A_child_cannot_have_the_id_of_a_finished_instance_whose_own_child_runs()
    {
        await BeginWithGrandchildAsync();
        _worker.Workflows["other"] = history => history.OfType<ChildFailed>().FirstOrDefault() is { } failed
            ? [Complete(failed.Failure!.ErrorMessage)]
            : history.OfType<ChildCompleted>().Any() ? [Complete("ran")]
            : history.OfType<ChildCreated>().Any() ? [] : [new CreateChild(1, "kid", "child")];

        await _engine.StartAsync(new StartRequest("first", "other"), Deadline);
        var refused = await _engine.WaitForCompletionAsync("first", Deadline);
        await _engine.RaiseAsync("grandkid", "go", null, Deadline);
        await _engine.WaitForCompletionAsync("grandkid", Deadline);
        await _engine.StartAsync(new StartRequest("second", "other"), Deadline);

        Assert.Equal(
            "cannot recreate workflow with ID 'kid': child workflow 'grandkid': orchestration has not yet completed", refused.Completed!.Result);
        Assert.Equal("ran", (await _engine.WaitForCompletionAsync("second", Deadline)).Completed!.Result);
    }

    [Fact]
    public async Task Two_children_of_one_turn_with_one_id_are_one_child_and_one_failure()
    {
        await BeginAsync();
        _worker.Workflows["child"] = static _ => [Complete("ran")];
        _worker.Workflows["parent"] = history => history.OfType<ChildCreated>().Any()
            ? history.OfType<ChildCompleted>().FirstOrDefault() is { } ran && history.OfType<ChildFailed>().FirstOrDefault() is { } failed
                ? [Complete($"{ran.TaskId} {failed.TaskId} {failed.Failure!.ErrorType}")] : []
            : [new CreateChild(1, "kid", "child"), new CreateChild(2, "kid", "child")];

        await _engine.StartAsync(new StartRequest("p", "parent"), Deadline);

        Assert.Equal("1 2 WorkflowInstanceAlreadyExists", (await _engine.WaitForCompletionAsync("p", Deadline)).Completed!.Result);
    }

    [Fact]
    public async Task A_family_that_has_itself_among_its_children_is_looked_through_once()
    {
        await BeginAsync();
        _worker.Workflows["one"] = history => history.OfType<ChildCompleted>().Any() || history.OfType<ChildFailed>().Any()
            ? [Complete("")] : history.OfType<ChildCreated>().Any() ? [] : [new CreateChild(1, "b", "two")];
        _worker.Workflows["two"] = static _ => [new CreateChild(1, "a", "leaf"), Complete("")];
        _worker.Workflows["leaf"] = static _ => [Complete("")];
        await _engine.StartAsync(new StartRequest("a", "one"), Deadline);
        await _engine.WaitForCompletionAsync("a", Deadline);

        await _engine.StartAsync(new StartRequest("a", "one"), Deadline);
        await _engine.WaitForCompletionAsync("a", Deadline);

        Assert.Equal(2, await _engine.PurgeAsync("a", recursive: true, force: false, Deadline));
    }

    [Fact]
    public async Task A_recursive_purge_with_a_running_child_removes_nothing_and_by_force_everything()
    {
        await BeginWithGrandchildAsync();

        var refused = await Assert.ThrowsAsync<WorkflowException>(() => _engine.PurgeAsync("p", recursive: true, force: false, Deadline).AsTask());
        Assert.Equal(WorkflowErrorKind.NotCompleted, refused.Kind);
        Assert.NotNull(await _engine.GetAsync("kid", Deadline));

        Assert.Equal(3, await _engine.PurgeAsync("p", recursive: true, force: true, Deadline));
        Assert.Empty(await _engine.ListAsync(null, 10, Deadline));
    }

    // p, which waits for all of its children.
    private async Task BeginWithManyAsync(int children)
    {
        await BeginAsync();
        _worker.Workflows["child"] = static _ => [Complete("")];
        _worker.Workflows["parent"] = history => history.OfType<ChildCreated>().Any()
            ? history.OfType<ChildCompleted>().Count() == children ? [Complete("all")] : []
            : [.. Enumerable.Range(1, children).Select(i => new CreateChild(i, "", "child"))];
        await _engine.StartAsync(new StartRequest("p", "parent"), Deadline);
    }

    private async Task BeginWithGrandchildAsync()
    {
        await BeginAsync();
        _worker.Workflows["grandchild"] = history => history.OfType<EventRaised>().Any() ? [Complete("")] : [];
        _worker.Workflows["child"] = static _ => [new CreateChild(1, "grandkid", "grandchild"), Complete("")];
        _worker.Workflows["parent"] = history => history.OfType<ChildCompleted>().Any()
            ? [Complete("")] : history.OfType<ChildCreated>().Any() ? [] : [new CreateChild(1, "kid", "child")];
        await _engine.StartAsync(new StartRequest("p", "parent"), Deadline);
        await _engine.WaitForCompletionAsync("p", Deadline);
        await _engine.WaitForStartAsync("grandkid", Deadline);
    }

    private async Task BeginAsync()
    {
        await _engine.StartAsync(Deadline);
        _worker = new ScriptedWorker(_engine);
    }

    private static CompleteWorkflow Complete(string result) => new(9_999, RuntimeStatus.Completed) { Result = result };
}

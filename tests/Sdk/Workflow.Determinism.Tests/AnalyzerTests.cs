using Xunit;

namespace Workflow.Determinism.Tests;

public sealed class AnalyzerTests
{
    [Theory]
    [InlineData("_ = DateTime.Now;", "DateTime.Now", "context.CurrentUtcDateTime")]
    [InlineData("_ = DateTime.UtcNow;", "DateTime.UtcNow", "context.CurrentUtcDateTime")]
    [InlineData("_ = DateTimeOffset.UtcNow;", "DateTimeOffset.UtcNow", "context.CurrentUtcDateTime")]
    [InlineData("_ = TimeProvider.System;", "TimeProvider.System", "context.CurrentUtcDateTime")]
    [InlineData("_ = System.Diagnostics.Stopwatch.StartNew();", "Stopwatch.StartNew", "context.CurrentUtcDateTime")]
    [InlineData("_ = Environment.TickCount64;", "Environment.TickCount64", "context.CurrentUtcDateTime")]
    [InlineData("_ = Guid.NewGuid();", "Guid.NewGuid", "context.NewGuid()")]
    [InlineData("Func<Guid> ids = Guid.NewGuid;", "Guid.NewGuid", "context.NewGuid()")]
    [InlineData("_ = new Random();", "new Random", "activity")]
    [InlineData("_ = Random.Shared.Next();", "Random.Next", "activity")]
    [InlineData("_ = Environment.GetEnvironmentVariable(\"A\");", "Environment.GetEnvironmentVariable", "activity")]
    [InlineData("_ = await File.ReadAllTextAsync(\"a\");", "File.ReadAllTextAsync", "activity")]
    [InlineData("_ = new HttpClient();", "new HttpClient", "activity")]
    [InlineData("await Task.Delay(1);", "Task.Delay", "context.CreateTimer")]
    [InlineData("Thread .Sleep(1);", "Thread.Sleep", "context.CreateTimer")]
    [InlineData("_ = new Timer(_ => { });", "new Timer", "context.CreateTimer")]
    [InlineData("_ = new CancellationTokenSource(5);", "new CancellationTokenSource", "context.CreateTimer")]
    [InlineData("new CancellationTokenSource().CancelAfter(5);", "CancellationTokenSource.CancelAfter", "context.CreateTimer")]
    [InlineData("await new CancellationTokenSource().CancelAsync();", "CancellationTokenSource.CancelAsync", "call Cancel")]
    [InlineData("await Task.Run(() => { });", "Task.Run", "activity")]
    [InlineData("_ = Task.Factory.StartNew(() => { });", "TaskFactory.StartNew", "activity")]
    [InlineData("_ = context.CreateTimer(TimeSpan.Zero).ContinueWith(_ => 1);", "Task.ContinueWith", "activity")]
    [InlineData("Parallel.For(0, 1, _ => { });", "Parallel.For", "activity")]
    [InlineData("context.CreateTimer(TimeSpan.Zero).Wait();", "Task.Wait", "await")]
    [InlineData("await context.CreateTimer(TimeSpan.Zero).ConfigureAwait(false);", "Task.ConfigureAwait", "without it")]
    [InlineData("_ = await context.CallActivityAsync<int>(\"A\").ConfigureAwait(ConfigureAwaitOptions.None);", "Task.ConfigureAwait", "without it")]
    public async Task What_differs_on_replay_is_an_error_that_says_what_to_do_instead(string statement, string what, string instead)
    {
        var error = Assert.Single(await Compiler.WarnsOfAsync(statement), error => error.Contains(what, StringComparison.Ordinal));

        Assert.Contains(instead, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("_ = context.CurrentUtcDateTime; _ = context.NewGuid();")]
    [InlineData("_ = DateTime.MinValue.AddDays(1); _ = Guid.Parse(\"0\"); _ = Guid.Empty;")]
    [InlineData("await Task.WhenAll(context.CreateTimer(TimeSpan.Zero), context.CreateTimer(TimeSpan.FromDays(1)));")]
    [InlineData("await context.CreateTimer(TimeSpan.Zero).ConfigureAwait(true);")]
    [InlineData("await context.CreateTimer(TimeSpan.Zero).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext);")]
    [InlineData("using var stop = new CancellationTokenSource(); stop.Cancel();")]
    [InlineData("_ = await Task.FromResult(1); await Task.CompletedTask;")]
    public async Task What_replays_the_same_may_be_used(string statement) => Assert.Empty(await Compiler.WarnsOfAsync(statement));

    [Fact]
    public async Task Lambdas_local_functions_helpers_and_nested_types_of_a_workflow_are_looked_at() => Assert.Equal(
        ["DateTime.Now", "DateTime.UtcNow", "Guid.NewGuid", "Random.Next", "Random.Shared"],
        (await Compiler.CompileAsync("""
        abstract class Steps<T> : Workflow<T, T> { protected static Guid Id() => Guid.NewGuid(); }
        class Saga : Steps<int>
        {
            public override Task<int> RunAsync(WorkflowContext context, int input)
            {
                Func<DateTime> now = () => DateTime.UtcNow;
                int Roll() => Random.Shared.Next();
                return Task.FromResult(Roll());
            }
            class Part { public DateTime At { get; } = DateTime.Now; }
        }
        """)).Select(error => error.Split(':')[0].Split(' ')[^1]).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Activities_and_other_classes_may_use_the_world() => Assert.Empty(await Compiler.CompileAsync("""
        class Charge : WorkflowActivity<int, DateTime>
        {
            public override async Task<DateTime> RunAsync(WorkflowActivityContext context, int input)
            {
                await Task.Delay(1).ConfigureAwait(false);
                return DateTime.UtcNow;
            }
        }
        class Saga : Workflow<int, int>
        {
            public override Task<int> RunAsync(WorkflowContext context, int input) => Task.FromResult(1);
            class Inner : WorkflowActivity<int, Guid> { public override Task<Guid> RunAsync(WorkflowActivityContext context, int input) => Task.FromResult(Guid.NewGuid()); }
        }
        class Service { public Guid Id { get; } = Guid.NewGuid(); }
        """));
}

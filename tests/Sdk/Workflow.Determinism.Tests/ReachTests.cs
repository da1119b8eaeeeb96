using Xunit;

namespace Workflow.Determinism.Tests;

/// <summary>What a workflow does by way of others in its compilation counts as its own.</summary>
public sealed class ReachTests
{
    [Theory]
    [InlineData("a static helper", "Helper.Now();", "static class Helper { public static DateTime Now() => DateTime.UtcNow; }")]
    [InlineData("a helper of a helper", "Helper.Now();", "static class Helper { public static DateTime Now() => Deep.Now(); } static class Deep { public static DateTime Now() => DateTime.UtcNow; }")]
    [InlineData("two that call each other", "Helper.A(3);", "static class Helper { public static void A(int n) { if (n > 0) B(n); } static void B(int n) { _ = DateTime.UtcNow; A(n - 1); } }")]
    [InlineData("an extension", "input.Twice();", "static class Helper { public static int Twice(this int n) { _ = DateTime.UtcNow; return 2 * n; } }")]
    [InlineData("a generic helper", "Helper<int>.Of(input);", "static class Helper<T> { public static T Of(T t) { _ = DateTime.UtcNow; return t; } }")]
    [InlineData("a property", "_ = new Helper().Now;", "class Helper { public DateTime Now { get { return DateTime.UtcNow; } } }")]
    [InlineData("a constructor", "_ = new Helper();", "class Helper { readonly DateTime _at; public Helper() { _at = DateTime.UtcNow; } public DateTime At => _at; }")]
    [InlineData("a field initialiser", "_ = new Helper();", "class Helper { public DateTime At = DateTime.UtcNow; }")]
    [InlineData("a property initialiser", "_ = new Helper();", "class Helper { public DateTime At { get; } = DateTime.UtcNow; }")]
    [InlineData("the constructor of a base", "_ = new Helper();", "class Base { public DateTime At; public Base() { At = DateTime.UtcNow; } } class Helper : Base { }")]
    [InlineData("a static field", "_ = Helper.Started;", "static class Helper { public static readonly DateTime Started = DateTime.UtcNow; }")]
    [InlineData("a static property", "_ = Helper.Started;", "static class Helper { public static DateTime Started { get; } = DateTime.UtcNow; }")]
    [InlineData("a static constructor", "_ = Helper.Started;", "static class Helper { public static readonly DateTime Started; static Helper() { Started = DateTime.UtcNow; } }")]
    [InlineData("a lambda in a helper", "Helper.Make()();", "static class Helper { public static Func<DateTime> Make() => () => DateTime.UtcNow; }")]
    [InlineData("a local function in a helper", "Helper.Now();", "static class Helper { public static DateTime Now() { DateTime Inner() => DateTime.UtcNow; return Inner(); } }")]
    [InlineData("a method as a value", "Func<DateTime> now = Helper.Now; now();", "static class Helper { public static DateTime Now() => DateTime.UtcNow; }")]
    [InlineData("a base's method", "new Helper().Now();", "class Base { public DateTime Now() => DateTime.UtcNow; } class Helper : Base { }")]
    [InlineData("an override that is made here", "Base h = new Helper(); h.Now();", "abstract class Base { public abstract DateTime Now(); } class Helper : Base { public override DateTime Now() => DateTime.UtcNow; }")]
    [InlineData("an interface that is made here", "IHelper h = new Helper(); h.Now();", "interface IHelper { DateTime Now(); } class Helper : IHelper { public DateTime Now() => DateTime.UtcNow; }")]
    public async Task Code_that_a_workflow_reaches_must_replay_the_same(string what, string statement, string helper)
    {
        var error = Assert.Single(await Compiler.CompileAsync(Saga(statement) + helper));

        Assert.Contains("DateTime.UtcNow", error, StringComparison.Ordinal);
        Assert.Contains("Saga.RunAsync gets here by", error, StringComparison.Ordinal);
        Assert.NotEmpty(what);
    }

    [Theory]
    [InlineData("a helper that is not called", "Helper.Pure();", "static class Helper { public static int Pure() => 1; public static DateTime Now() => DateTime.UtcNow; }")]
    [InlineData("a static field that is not read", "Helper.Pure();", "static class Helper { public static readonly DateTime Started = DateTime.UtcNow; public static int Pure() => 1; }")]
    [InlineData("a constant", "_ = Helper.One;", "static class Helper { public const int One = 1; public static readonly DateTime Started = DateTime.UtcNow; }")]
    [InlineData("a name alone", "_ = nameof(Helper.Now);", "static class Helper { public static DateTime Now() => DateTime.UtcNow; }")]
    [InlineData("an override that only others make", "Base h = Base.Of(); h.Now();", "class Base { public virtual DateTime Now() => default; public static Base Of() => new(); } class Helper : Base { public override DateTime Now() => DateTime.UtcNow; }")]
    [InlineData("an activity", "await context.CallActivityAsync(nameof(Work));", "class Work : WorkflowActivity<int, DateTime> { public override Task<DateTime> RunAsync(WorkflowActivityContext context, int input) => Task.FromResult(Now()); static DateTime Now() => DateTime.UtcNow; }")]
    [InlineData("a cycle that is pure", "Helper.A(3);", "static class Helper { public static int A(int n) => n == 0 ? 0 : B(n - 1); static int B(int n) => A(n); }")]
    public async Task Code_that_no_workflow_reaches_may_do_what_it_likes(string what, string statement, string helper)
    {
        Assert.NotEmpty(what);
        Assert.Empty(await Compiler.CompileAsync(Saga(statement) + helper));
    }

    [Fact]
    public async Task A_place_that_two_workflows_reach_is_told_once()
    {
        var errors = await Compiler.CompileAsync(
            Saga("Helper.Now();") + Saga("Helper.Now(); Helper.Now();").Replace("Saga", "Other", StringComparison.Ordinal)
            + "static class Helper { public static DateTime Now() => DateTime.UtcNow; }");

        Assert.Single(errors);
    }

    [Theory]
    [InlineData("options.RegisterWorkflow<int, DateTime>(\"w\", (context, input) => Task.FromResult(DateTime.UtcNow));")]
    [InlineData("options.RegisterWorkflow<int, DateTime>(\"w\", Run);")]
    public async Task A_function_that_is_registered_as_a_workflow_is_one(string statement)
    {
        var errors = await Compiler.CompileAsync($$"""
            static class Setup
            {
                public static void Add(WorkflowRuntimeOptions options) { {{statement}} }
                static Task<DateTime> Run(WorkflowContext context, int input) => Task.FromResult(DateTime.UtcNow);
            }
            """);

        Assert.Contains("DateTime.UtcNow", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_that_is_registered_as_an_activity_is_none() => Assert.Empty(await Compiler.CompileAsync("""
        static class Setup
        {
            public static void Add(WorkflowRuntimeOptions options) =>
                options.RegisterActivity<int, DateTime>("a", (context, input) => Task.FromResult(DateTime.UtcNow));
        }
        """));

    private static string Saga(string statement) => $$"""
        class Saga : Workflow<int, int>
        {
            public override async Task<int> RunAsync(WorkflowContext context, int input)
            {
                await context.CreateTimer(TimeSpan.Zero);
                {{statement}}
                return input;
            }
        }

        """;
}

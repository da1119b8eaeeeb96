using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using Dapr.Workflow.Replay;
using Dapr.Workflow.Versioning;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using static Sdk.Tests.Workflow.Histories;

namespace Sdk.Tests.Workflow;

/// <summary>Several classes that are one workflow: a new instance runs the latest, and keeps it.</summary>
public sealed class VersionTests
{
    [Theory]
    [InlineData("OrderSagaV3", "OrderSaga", "3")]
    [InlineData("OrderSagaV10", "OrderSaga", "10")]
    [InlineData("OrderSaga", "OrderSaga", "0")]
    [InlineData("OrderSaga3", null, null)]
    [InlineData("OrderSagaV", null, null)]
    [InlineData("V3", null, null)]
    public void A_number_behind_a_V_is_the_version_of_a_name(string name, string? canonical, string? version)
    {
        var parsed = new NumericVersionStrategy().TryParse(name, out var family, out var number);

        Assert.Equal(canonical is not null, parsed);
        if (parsed) Assert.Equal((canonical, version), (family, number));
    }

    [Theory]
    [InlineData("OrderSaga20260401", "OrderSaga", "20260401")]
    [InlineData("OrderSaga20261301", null, null)]
    [InlineData("OrderSaga", null, null)]
    public void A_date_at_the_end_is_the_version_of_a_name(string name, string? canonical, string? version)
    {
        var parsed = new DateVersionStrategy().TryParse(name, out var family, out var date);

        Assert.Equal(canonical is not null, parsed);
        if (parsed) Assert.Equal((canonical, version), (family, date));
    }

    [Theory]
    [InlineData("OrderSagav1.2.10", "OrderSaga", "1.2.10")]
    [InlineData("OrderSagav1.0.0-alpha.1+7", "OrderSaga", "1.0.0-alpha.1+7")]
    [InlineData("OrderSagav1.2", null, null)]
    [InlineData("OrderSaga", null, null)]
    [InlineData("v1.2.3", null, null)]
    public void A_semantic_version_behind_a_v_is_the_version_of_a_name(string name, string? canonical, string? version)
    {
        var parsed = new SemVerVersionStrategy().TryParse(name, out var family, out var number);

        Assert.Equal(canonical is not null, parsed);
        if (parsed) Assert.Equal((canonical, version), (family, number));
    }

    [Fact]
    public void Versions_are_ordered_as_what_they_are()
    {
        string[] semantic = ["x", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0", "1.2.0", "1.10.0"];
        Assert.Equal(semantic, semantic.Reverse().Order(new SemVerVersionStrategy()));
        Assert.Equal(["x", "2", "10"], ((string[])["10", "x", "2"]).Order(new NumericVersionStrategy()));
        Assert.Equal(["20260401", "20270101"], ((string[])["20270101", "20260401"]).Order(new DateVersionStrategy()));
    }

    [Fact]
    public void A_new_instance_runs_the_latest_version_and_the_answer_says_which()
    {
        var response = Run(AllOfThem).Turn([], [TurnStarted(), Started()]);

        Assert.Equal(("\"ten\"", "TestV10"), (response.End().Result, response.Version.Name));
    }

    [Fact]
    public void An_instance_goes_on_with_the_version_of_its_history()
    {
        var response = Run(AllOfThem).Turn([TurnStartedBy("TestV2"), Started()], [TurnStarted(1)]);

        Assert.Equal(("\"two\"", "TestV2"), (response.End().Result, response.Version.Name));
    }

    [Fact]
    public void An_instance_that_began_before_there_were_versions_goes_on_with_what_has_its_name()
    {
        var response = Run(AllOfThem).Turn([TurnStarted(), Started()], [TurnStarted(1)]);

        Assert.Equal("\"zero\"", response.End().Result);
        Assert.Null(response.Version);
    }

    [Fact]
    public void An_instance_whose_version_is_not_here_waits_for_a_worker_that_has_it()
    {
        var run = Run(AllOfThem);

        var response = run.Turn([TurnStartedBy("TestV11"), Started()], [TurnStarted(1)]);

        Assert.NotNull(Assert.Single(response.Actions).WorkflowVersionNotAvailable);
        Assert.True(run.Ended);
    }

    [Fact]
    public void An_attribute_says_what_a_name_does_not()
    {
        var response = Run(options =>
        {
            options.RegisterWorkflow<TestV2>();
            options.RegisterWorkflow<Renewed>();
        }).Turn([], [TurnStarted(), Started()]);

        Assert.Equal(("\"renewed\"", "Renewed"), (response.End().Result, response.Version.Name));
    }

    [Fact]
    public void Options_change_the_form_of_versions()
    {
        var response = Run(
            options =>
            {
                options.RegisterWorkflow<TestV2>("Test_r2");
                options.RegisterWorkflow<TestV10>("Test_r1");
            },
            services => services.UseDefaultWorkflowStrategy<NumericVersionStrategy>("mine")
                .ConfigureStrategyOptions<NumericVersionStrategyOptions>("mine", form => form.SuffixPrefix = "_r")).Turn([], [TurnStarted(), Started()]);

        Assert.Equal(("\"two\"", "Test_r2"), (response.End().Result, response.Version.Name));
    }

    [Fact]
    public void A_selector_may_hold_the_newest_back()
    {
        var response = Run(AllOfThem, services => services.UseDefaultWorkflowSelector<Oldest>()).Turn([], [TurnStarted(), Started()]);

        Assert.Equal("\"zero\"", response.End().Result);
    }

    private static HistoryEvent TurnStartedBy(string version)
    {
        var started = TurnStarted();
        started.WorkflowStarted.Version = new WorkflowVersion { Name = version };
        return started;
    }

    private static void AllOfThem(WorkflowRuntimeOptions options)
    {
        options.RegisterWorkflow<TestV10>();
        options.RegisterWorkflow<TestV2>();
        options.RegisterWorkflow<Test>();
    }

    private static WorkflowRun Run(Action<WorkflowRuntimeOptions> register, Action<IServiceCollection>? configure = null)
    {
        var options = new WorkflowRuntimeOptions();
        register(options);
        var services = new ServiceCollection().AddSingleton(options).AddDaprWorkflowVersioning();
        configure?.Invoke(services);
        var provider = services.BuildServiceProvider();
        var families = provider.GetRequiredService<WorkflowFamilies>();
        return new WorkflowRun("one", new RunSetup(
            name => options.Workflows.TryGetValue(name, out var create) ? create(provider) : null, new JsonDaprSerializer(), NullLoggerFactory.Instance)
        {
            Latest = families.Latest,
        });
    }

    private abstract class Says(string what) : Workflow<string, string>
    {
        public override Task<string> RunAsync(WorkflowContext context, string input) => Task.FromResult(what);
    }

    private sealed class Test() : Says("zero");

    private sealed class TestV2() : Says("two");

    private sealed class TestV10() : Says("ten");

    [WorkflowVersion(CanonicalName = "Test", Version = "11")]
    private sealed class Renewed() : Says("renewed");

    private sealed class Oldest : IWorkflowVersionSelector
    {
        public WorkflowVersionIdentity SelectLatest(
            string canonicalName, IReadOnlyCollection<WorkflowVersionIdentity> candidates, IWorkflowVersionStrategy strategy) =>
            candidates.OrderBy(candidate => candidate.Version, strategy).First();
    }
}

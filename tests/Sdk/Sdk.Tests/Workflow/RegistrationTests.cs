using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using Dapr.Workflow.Worker;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static Sdk.Tests.Workflow.Histories;

namespace Sdk.Tests.Workflow;

public sealed class RegistrationTests
{
    [Fact]
    public void A_class_is_registered_under_its_own_name_or_the_given_one_in_any_letter_case()
    {
        var options = new WorkflowRuntimeOptions();

        options.RegisterWorkflow<Greeting>();
        options.RegisterActivity<Greet>("say-hello");

        Assert.Contains("greeting", options.Workflows);
        Assert.Contains("Say-Hello", options.Activities);
    }

    [Fact]
    public async Task An_activity_gets_its_services_its_input_and_what_it_serves()
    {
        var services = new ServiceCollection().AddSingleton("Hello").AddDaprWorkflow(options => options.RegisterActivity<Greet>());
        await using var provider = services.BuildServiceProvider();

        var response = await provider.GetRequiredService<ActivityRunner>().RunAsync(new ActivityRequest
        {
            Name = "GREET",
            Input = "\"Ada\"",
            TaskId = 3,
            TaskExecutionId = "key",
            WorkflowInstance = new() { InstanceId = "one" },
        });

        Assert.Equal(("one", 3, "\"Hello Ada (GREET, key, one)\""), (response.InstanceId, response.TaskId, response.Result));
    }

    [Fact]
    public async Task An_activity_that_throws_or_does_not_exist_answers_with_details()
    {
        var services = new ServiceCollection().AddDaprWorkflow(options => options.RegisterActivity<string, string>(
            "Fail", (_, input) => throw new InvalidOperationException(input, new TimeoutException("inner"))));
        await using var provider = services.BuildServiceProvider();
        var runner = provider.GetRequiredService<ActivityRunner>();

        var failed = await runner.RunAsync(new ActivityRequest { Name = "Fail", Input = "\"why\"" });
        var missing = await runner.RunAsync(new ActivityRequest { Name = "Nobody" });

        Assert.Equal(("System.InvalidOperationException", "why"), (failed.FailureDetails.ErrorType, failed.FailureDetails.ErrorMessage));
        Assert.Equal("System.TimeoutException", failed.FailureDetails.InnerFailure.ErrorType);
        Assert.Equal("ActivityNotFoundException", missing.FailureDetails.ErrorType);
    }

    [Fact]
    public void Message_sizes_come_from_the_channel_options_and_later_choices()
    {
        var options = new WorkflowRuntimeOptions();
        options.UseGrpcChannelOptions(new() { MaxReceiveMessageSize = 7, MaxSendMessageSize = null });
        var settings = new SidecarSettings();

        settings.Take(options.GrpcChannelOptions);

        Assert.Equal((7, int.MaxValue), (settings.MaxReceiveBytes, settings.MaxSendBytes));
    }

    [Fact]
    public async Task A_serializer_can_be_made_of_the_applications_services()
    {
#pragma warning disable CS0618 // obsolete, and still to work
        var services = new ServiceCollection().AddSingleton(new System.Text.Json.JsonSerializerOptions());
        services.AddDaprWorkflowBuilder(_ => { })
            .WithSerializer(provider => new Dapr.Workflow.Serialization.JsonWorkflowSerializer(provider.GetRequiredService<System.Text.Json.JsonSerializerOptions>()));
#pragma warning restore CS0618
        await using var provider = services.BuildServiceProvider();

        Assert.Equal("""{"A":1}""", provider.GetRequiredService<IDaprSerializer>().Serialize(new { A = 1 }));
    }

    [Fact]
    public async Task What_is_registered_in_two_calls_is_hosted_together()
    {
        var services = new ServiceCollection().AddSingleton("Hello");
        services.AddDaprWorkflow(options => options.RegisterWorkflow<Greeting>()).AddDaprWorkflow(options => options.RegisterActivity<Greet>());
        await using var provider = services.BuildServiceProvider();

        var hosted = provider.GetRequiredService<WorkflowRuntimeOptions>();

        Assert.Contains("Greeting", hosted.Workflows);
        Assert.Contains("Greet", hosted.Activities);
    }

    [Fact]
    public async Task The_scope_of_a_run_ends_with_it_and_not_with_its_turn()
    {
        var services = new ServiceCollection().AddScoped<Scope>().AddDaprWorkflow(options => options.RegisterWorkflow<Scoped>("Test"));
        await using var provider = services.BuildServiceProvider(validateScopes: true);
        var turns = provider.GetRequiredService<TurnRunner>();

        var first = turns.Continue(new() { Full = true, Request = new() { InstanceId = "one", NewEvents = { TurnStarted(), Started("\"x\"") } } });
        var endedWithTurn = Scope.Ended;
        var last = turns.Continue(new()
        {
            ExecutionId = "run-1", CachedEvents = 3, Request = new() { InstanceId = "one", NewEvents = { TurnStarted(1), Completed(0, "\"y\"") } },
        });

        Assert.Equal("Greet", Assert.Single(first!.Actions).ScheduleTask.Name);
        Assert.Equal("\"alive y\"", last!.End().Result);
        Assert.Equal((0, 1), (endedWithTurn, Scope.Ended));
    }

    [Fact]
    public async Task The_client_and_its_interface_are_one()
    {
        await using var provider = new ServiceCollection().AddDaprWorkflow(_ => { }).BuildServiceProvider();

        Assert.Same(provider.GetRequiredService<DaprWorkflowClient>(), provider.GetRequiredService<IDaprWorkflowClient>());
    }

    [Fact]
    public void Nothing_is_the_empty_string_and_fields_count()
    {
        var serializer = new JsonDaprSerializer();

        Assert.Equal("", serializer.Serialize(null));
        Assert.Equal("""{"item1":1,"item2":"b"}""", serializer.Serialize((1, "b")));
        Assert.Equal((1, "b"), serializer.Deserialize<(int, string)>("""{"item1":1,"item2":"b"}"""));
    }

    private sealed class Scope : IAsyncDisposable
    {
        public static int Ended { get; private set; }

        public bool IsAlive { get; private set; } = true;

        public ValueTask DisposeAsync()
        {
            (IsAlive, Ended) = (false, Ended + 1);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Scoped(Scope scope) : Workflow<string, string>
    {
        public override async Task<string> RunAsync(WorkflowContext context, string input)
        {
            var answer = await context.CallActivityAsync<string>(nameof(Greet), input);
            return $"{(scope.IsAlive ? "alive" : "ended")} {answer}";
        }
    }

    private sealed class Greeting : Workflow<string, string>
    {
        public override Task<string> RunAsync(WorkflowContext context, string input) => context.CallActivityAsync<string>(nameof(Greet), input);
    }

    private sealed class Greet(string word) : WorkflowActivity<string, string>
    {
        public override Task<string> RunAsync(WorkflowActivityContext context, string input) =>
            Task.FromResult($"{word} {input} ({context.Identifier}, {context.TaskExecutionKey}, {context.InstanceId})");
    }
}

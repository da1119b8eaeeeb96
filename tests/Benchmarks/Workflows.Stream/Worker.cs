using Dapr.Workflow;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DaprOrders.Workflows.Stream;

/// <summary>Hosts the workflow; the sidecar's port is in the environment, as in any app.</summary>
internal static class Worker
{
    public static async Task<int> RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddDaprWorkflow(workflows =>
        {
            workflows.RegisterWorkflow<Five>();
            workflows.RegisterActivity<Step>();
        });
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        await app.RunAsync();
        return 0;
    }
}

internal sealed class Five : Workflow<string, int>
{
    public override async Task<int> RunAsync(WorkflowContext context, string input)
    {
        var sum = 0;
        for (var i = 0; i < 5; i++) sum += await context.CallActivityAsync<int>(nameof(Step), input);
        return sum;
    }
}

internal sealed class Step : WorkflowActivity<string, int>
{
    public override Task<int> RunAsync(WorkflowActivityContext context, string input) => Task.FromResult(1);
}

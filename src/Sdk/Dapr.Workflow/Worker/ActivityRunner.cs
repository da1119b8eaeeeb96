using System.Diagnostics;
using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow.Abstractions;
using Dapr.Workflow.Replay;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Workflow.Worker;

// Runs activities, each in a scope of its own. What an activity throws is its answer, never the worker's failure.
internal sealed class ActivityRunner(WorkflowRuntimeOptions options, IServiceScopeFactory scopes, IDaprSerializer serializer) : IDisposable
{
    public const int MaxConcurrent = 4_000;

    private readonly SemaphoreSlim _slots = new(MaxConcurrent);

    public async Task<ActivityResponse> RunAsync(ActivityRequest request)
    {
        await _slots.WaitAsync().ConfigureAwait(false);
        var response = new ActivityResponse { InstanceId = request.WorkflowInstance?.InstanceId ?? string.Empty, TaskId = request.TaskId };
        using var trace = Traces.Begin(request);
        try
        {
            if (options.Activities.TryGetValue(request.Name, out var create))
            {
                response.Result = await RunAsync(request, create).ConfigureAwait(false);
            }
            else
            {
                response.FailureDetails = Failures.Named("ActivityNotFoundException", $"Activity '{request.Name}' not found");
            }
        }
        catch (Exception failure)
        {
            trace?.SetStatus(ActivityStatusCode.Error, failure.Message);
            response.FailureDetails = Failures.From(failure);
        }

        Release();
        return response;
    }

    public void Dispose() => _slots.Dispose();

    // The application may end before the activity does.
    private void Release()
    {
        try
        {
            _slots.Release();
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private async Task<string> RunAsync(ActivityRequest request, Func<IServiceProvider, IWorkflowActivity> create)
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var activity = Failures.Made($"Activity '{request.Name}'", () => create(scope.ServiceProvider));
            var input = serializer.Deserialize(request.Input, activity.InputType);
            var output = await activity.RunAsync(new Call(request), input).ConfigureAwait(false);
            return serializer.Serialize(output);
        }
    }

    private sealed class Call(ActivityRequest request) : WorkflowActivityContext
    {
        public override TaskIdentifier Identifier => request.Name;

        // Sidecars before 1.16 send no execution id.
        public override string TaskExecutionKey => request.TaskExecutionId is { Length: > 0 } id ? id : $"{InstanceId}::{request.TaskId}";

        public override string InstanceId => request.WorkflowInstance?.InstanceId ?? string.Empty;
    }
}

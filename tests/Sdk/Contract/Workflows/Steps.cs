using System.Diagnostics;
using Dapr.Workflow;

namespace Sdk.Contract.Workflows;

/// <summary>The activities of the workflows under test.</summary>
internal static class Steps
{
    public static void Register(WorkflowRuntimeOptions options)
    {
        options.RegisterActivity<Note>();
        options.RegisterActivity<FailTimes>();
        options.RegisterActivity<string?, string?>("Trace", (_, _) => Task.FromResult(Activity.Current?.TraceId.ToHexString()));
        options.RegisterActivity<int, int>("Double", (_, number) => Task.FromResult(number * 2));
    }

    /// <summary>Notes what it knows about its call, under the workflow's id.</summary>
    internal sealed class Note(Notes notes) : WorkflowActivity<string, string>
    {
        public override Task<string> RunAsync(WorkflowActivityContext context, string input)
        {
            notes.Add(context.InstanceId, $"{context.Identifier.Name} {input} {context.TaskExecutionKey}");
            return Task.FromResult($"noted {input}");
        }
    }

    /// <summary>Fails as often as it is told to, then answers how often it was called.</summary>
    internal sealed class FailTimes(Notes notes) : WorkflowActivity<int, int>
    {
        public override Task<int> RunAsync(WorkflowActivityContext context, int input)
        {
            notes.Add(context.InstanceId, context.TaskExecutionKey);
            var calls = notes.Of(context.InstanceId).Length;
            return calls > input ? Task.FromResult(calls) : throw new InvalidOperationException($"call {calls} fails");
        }
    }
}

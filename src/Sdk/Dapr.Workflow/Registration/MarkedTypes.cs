using System.Reflection;
using Dapr.Workflow.Abstractions;
using Dapr.Workflow.Abstractions.Attributes;

namespace Dapr.Workflow;

// What AddDaprWorkflow() without a list registers: the marked classes of the application's own assembly.
internal static class MarkedTypes
{
    public static void Register(WorkflowRuntimeOptions options, Assembly? assembly)
    {
        foreach (var type in assembly?.GetTypes() ?? [])
        {
            if (type.GetCustomAttribute<WorkflowAttribute>() is { } workflow && typeof(IWorkflow).IsAssignableFrom(type))
            {
                options.RegisterWorkflow(type, workflow.Name);
            }

            if (type.GetCustomAttribute<WorkflowActivityAttribute>() is { } activity && typeof(IWorkflowActivity).IsAssignableFrom(type))
            {
                options.RegisterActivity(type, activity.Name);
            }
        }
    }
}

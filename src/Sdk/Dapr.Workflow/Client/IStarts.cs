using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;

namespace Dapr.Workflow.Client;

// The two operations of which an application does thousands a second. Both return when the sidecar has stored them.
internal interface IStarts
{
    Task StartAsync(CreateInstanceRequest request, CancellationToken cancellation);

    Task RaiseAsync(RaiseEventRequest request, CancellationToken cancellation);
}

// One call each, as every sidecar has it.
internal sealed class UnaryStarts(ITaskHub hub) : IStarts
{
    public Task StartAsync(CreateInstanceRequest request, CancellationToken cancellation) =>
        hub.CallAsync(TaskHubMethods.StartInstance, request, cancellation);

    public Task RaiseAsync(RaiseEventRequest request, CancellationToken cancellation) =>
        hub.CallAsync(TaskHubMethods.RaiseEvent, request, cancellation);
}

using Dapr.DurableTask.Protobuf;
using Dapr.Workflow.Client;

namespace Dapr.Workflow.Worker;

// Starts and raises go over the worker's stream while there is one, in its batches, else as single calls.
internal sealed class StreamStarts(ITaskHub hub) : IStarts
{
    private readonly UnaryStarts _unary = new(hub);
    private volatile StreamConnection? _stream;

    public void Use(StreamConnection? stream) => _stream = stream;

    public Task StartAsync(CreateInstanceRequest request, CancellationToken cancellation) =>
        _stream is { IsOpen: true } stream ? stream.StartAsync(request, cancellation) : _unary.StartAsync(request, cancellation);

    public Task RaiseAsync(RaiseEventRequest request, CancellationToken cancellation) =>
        _stream is { IsOpen: true } stream ? stream.RaiseAsync(request, cancellation) : _unary.RaiseAsync(request, cancellation);
}

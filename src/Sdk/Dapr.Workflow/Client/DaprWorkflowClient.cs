using Dapr.Common;
using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using Dapr.Workflow.Client;
using Dapr.Workflow.Worker;
using Google.Protobuf.WellKnownTypes;

namespace Dapr.Workflow;

/// <inheritdoc cref="IDaprWorkflowClient"/>
public sealed class DaprWorkflowClient : IDaprWorkflowClient
{
    private readonly ITaskHub _hub;
    private readonly IStarts _starts;
    private readonly IDaprSerializer _serializer;

    private readonly IDisposable? _owned;

    internal DaprWorkflowClient(ITaskHub hub, IStarts starts, IDaprSerializer serializer, IDisposable? owned = null) =>
        (_hub, _starts, _serializer, _owned) = (hub, starts, serializer, owned);

    /// <inheritdoc/>
    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId = null, object? input = null) =>
        ScheduleNewWorkflowAsync(name, instanceId, input, (DateTimeOffset?)null);

    /// <inheritdoc/>
    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId, object? input, DateTime? startTime) =>
        ScheduleNewWorkflowAsync(name, instanceId, input, startTime is { } time ? new DateTimeOffset(time) : null);

    /// <inheritdoc/>
    public async Task<string> ScheduleNewWorkflowAsync(
        string name, string? instanceId, object? input, DateTimeOffset? startTime, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var request = new CreateInstanceRequest
        {
            InstanceId = string.IsNullOrEmpty(instanceId) ? Guid.NewGuid().ToString("N") : instanceId,
            Name = name,
            Input = _serializer.Serialize(input),
            ScheduledStartTimestamp = startTime is { } time ? Timestamp.FromDateTimeOffset(time) : null,
            ParentTraceContext = Traces.Current(),
        };
        await Edge(_starts.StartAsync(request, cancellation)).ConfigureAwait(false);
        return request.InstanceId;
    }

    /// <inheritdoc/>
    public async Task<WorkflowState> GetWorkflowStateAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        var request = new GetInstanceRequest { InstanceId = instanceId, GetInputsAndOutputs = getInputsAndOutputs };
        try
        {
            return StateOf(await Edge(_hub.CallAsync(TaskHubMethods.GetInstance, request, cancellation)).ConfigureAwait(false));
        }
        catch (Grpc.Core.RpcException none) when (none.StatusCode == Grpc.Core.StatusCode.NotFound)
        {
            return new(null, _serializer);
        }
    }

    /// <inheritdoc/>
    public async Task<WorkflowState> WaitForWorkflowStartAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        var request = new GetInstanceRequest { InstanceId = instanceId, GetInputsAndOutputs = getInputsAndOutputs };
        return Existing(await Edge(PatientCall.RunAsync(_hub, TaskHubMethods.WaitForInstanceStart, request, cancellation)).ConfigureAwait(false), instanceId);
    }

    /// <inheritdoc/>
    public async Task<WorkflowState> WaitForWorkflowCompletionAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        var request = new GetInstanceRequest { InstanceId = instanceId, GetInputsAndOutputs = getInputsAndOutputs };
        return Existing(
            await Edge(PatientCall.RunAsync(_hub, TaskHubMethods.WaitForInstanceCompletion, request, cancellation)).ConfigureAwait(false), instanceId);
    }

    /// <inheritdoc/>
    public Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        var request = new RaiseEventRequest { InstanceId = instanceId, Name = eventName, Input = _serializer.Serialize(eventPayload) };
        return Edge(_starts.RaiseAsync(request, cancellation));
    }

    /// <inheritdoc/>
    public Task TerminateWorkflowAsync(string instanceId, object? output = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        var request = new TerminateRequest { InstanceId = instanceId, Output = _serializer.Serialize(output), Recursive = true };
        return Edge(_hub.CallAsync(TaskHubMethods.TerminateInstance, request, cancellation));
    }

    /// <inheritdoc/>
    public Task SuspendWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        return Edge(_hub.CallAsync(TaskHubMethods.SuspendInstance, new SuspendRequest { InstanceId = instanceId, Reason = reason }, cancellation));
    }

    /// <inheritdoc/>
    public Task ResumeWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        return Edge(_hub.CallAsync(TaskHubMethods.ResumeInstance, new ResumeRequest { InstanceId = instanceId, Reason = reason }, cancellation));
    }

    /// <inheritdoc/>
    public async Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        var request = new PurgeInstancesRequest { InstanceId = instanceId, Recursive = true };
        var response = await Edge(_hub.CallAsync(TaskHubMethods.PurgeInstances, request, cancellation)).ConfigureAwait(false);
        return response.DeletedInstanceCount > 0;
    }

    /// <inheritdoc/>
    public async Task<WorkflowInstancePage> ListInstanceIdsAsync(
        string? continuationToken = null, int? pageSize = null, CancellationToken cancellation = default)
    {
        var request = new ListInstanceIDsRequest();
        if (continuationToken is not null)
        {
            request.ContinuationToken = continuationToken;
        }

        if (pageSize is { } size)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size, nameof(pageSize));
            request.PageSize = (uint)size;
        }

        var page = await Edge(_hub.CallAsync(TaskHubMethods.ListInstanceIDs, request, cancellation)).ConfigureAwait(false);
        return new([.. page.InstanceIds], page.HasContinuationToken ? page.ContinuationToken : null);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<WorkflowHistoryEvent>> GetInstanceHistoryAsync(string instanceId, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        var request = new GetInstanceHistoryRequest { InstanceId = instanceId };
        var history = await Edge(_hub.CallAsync(TaskHubMethods.GetInstanceHistory, request, cancellation)).ConfigureAwait(false);
        return [.. history.Events.Select(HistoryEventKinds.Describe)];
    }

    /// <inheritdoc/>
    public async Task<string> RerunWorkflowFromEventAsync(
        string sourceInstanceId, uint eventId, RerunWorkflowFromEventOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sourceInstanceId);
        if (options is { Input: not null, OverwriteInput: false })
        {
            throw new ArgumentException($"An input replaces the recorded one only with {nameof(options.OverwriteInput)}.", nameof(options));
        }

        var request = new RerunWorkflowFromEventRequest { SourceInstanceID = sourceInstanceId, EventID = eventId };
        if (options?.NewInstanceId is { } id)
        {
            request.NewInstanceID = id;
        }

        if (options is { OverwriteInput: true })
        {
            request.OverwriteInput = true;
            request.Input = _serializer.Serialize(options.Input);
        }

        var response = await Edge(_hub.CallAsync(TaskHubMethods.RerunWorkflowFromEvent, request, cancellation)).ConfigureAwait(false);
        return response.NewInstanceID;
    }

    /// <summary>Closes the connection of a client that was built; that of an application outlives its clients.</summary>
    public void Dispose() => _owned?.Dispose();

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task Edge(Task call)
    {
        try
        {
            await call.ConfigureAwait(false);
        }
        catch (MiniGrpc.RpcException failure)
        {
            throw GrpcEdge.ToCore(failure);
        }
    }

    private static async Task<T> Edge<T>(Task<T> call)
    {
        await Edge((Task)call).ConfigureAwait(false);
        return await call.ConfigureAwait(false);
    }

    // An instance that was waited for may have been purged.
    private WorkflowState Existing(GetInstanceResponse response, string instanceId) => response.Exists
        ? StateOf(response)
        : throw new InvalidOperationException($"There is no workflow instance '{instanceId}'.");

    private WorkflowState StateOf(GetInstanceResponse response) => new(response.Exists ? response.WorkflowState : null, _serializer);
}

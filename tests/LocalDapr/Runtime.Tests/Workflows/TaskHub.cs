using System.Diagnostics.CodeAnalysis;
using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Hosting;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Workflows;

/// <summary>
/// Both ends of the stock protocol, by hand: a client of every method, and a worker that is told what to answer to each item. A worker that
/// is told nothing leaves its item open.
/// </summary>
internal sealed class TaskHub : IAsyncDisposable
{
    private readonly OneSidecar _sidecar;
    private readonly bool _isGuest;
    private readonly GrpcChannel _channel;
    private ServerStreamingCall<WorkItem> _items;
    private IAsyncEnumerator<WorkItem> _next;

    private TaskHub(OneSidecar sidecar, Sidecar? other = null)
    {
        _sidecar = sidecar;
        _isGuest = other is not null;
        _channel = new GrpcChannel(new Uri($"http://127.0.0.1:{(other ?? sidecar.Sidecar).GrpcPort}"));
        Connect();
    }

    private static string Store => OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true"));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public HttpClient Http => _sidecar.Http;

    /// <summary>Where sidecars of other processes ask.</summary>
    public Uri Internal => new($"http://127.0.0.1:{_sidecar.Sidecar.InternalPort}");

    /// <summary>Writes or replaces a resource file of the sidecar.</summary>
    public Task WriteAsync(string name, string text) => _sidecar.WriteAsync(name, text);

    /// <summary>With a sidecar of its own.</summary>
    public static async Task<TaskHub> OpenAsync()
    {
        var hub = new TaskHub(await OneSidecar.StartAsync(resources: Store));
        await hub._items.Headers;
        return hub;
    }

    /// <summary>With the sidecar of another app beside this one; to be disposed before it.</summary>
    public async Task<TaskHub> OpenBesideAsync(string appId, params string[] resources)
    {
        var hub = new TaskHub(_sidecar, await _sidecar.AddAsync(appId, [Store, .. resources]));
        await hub._items.Headers;
        return hub;
    }

    /// <summary>The worker leaves with what it has, and comes back with nothing.</summary>
    public async Task LeaveAsync()
    {
        _items.Dispose();
        Connect();
        await _items.Headers;
    }

    public async ValueTask DisposeAsync()
    {
        _items.Dispose();
        _channel.Dispose();
        if (!_isGuest) await _sidecar.DisposeAsync();
    }

    public Task<TResponse> CallAsync<TRequest, TResponse>(GrpcMethod<TRequest, TResponse> method, TRequest request)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>, new() =>
        _channel.UnaryAsync(method, request, new CallOptions { Cancellation = Stop, Timeout = TimeSpan.FromSeconds(60) });

    /// <summary>Status and details of the refusal.</summary>
    public async Task<string> RefusalAsync<TRequest, TResponse>(GrpcMethod<TRequest, TResponse> method, TRequest request)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>, new()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => CallAsync(method, request));
        return refused.Message;
    }

    /// <summary>Starts an instance, which is under way when it returns; its first turn is the next item.</summary>
    public Task StartAsync(string id, string name = "w", string? input = null) =>
        CallAsync(TaskHubMethods.StartInstance, new CreateInstanceRequest
        {
            InstanceId = id, Name = name, Input = input, ScheduledStartTimestamp = Timestamp.FromDateTime(DateTime.UnixEpoch),
        });

    public async Task<WorkItem> ItemAsync()
    {
        Assert.True(await _next.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60), Stop), "the stream has ended");
        return _next.Current;
    }

    public async Task<WorkflowRequest> TurnAsync() => (await ItemAsync()).WorkflowRequest;

    public Task AnswerAsync(string id, params WorkflowAction[] actions) =>
        CallAsync(TaskHubMethods.CompleteWorkflowTask, new WorkflowResponse { InstanceId = id, Actions = { actions } });

    /// <summary>Takes the next turn and answers it.</summary>
    public async Task<WorkflowRequest> PlayAsync(params WorkflowAction[] actions)
    {
        var turn = await TurnAsync();
        await AnswerAsync(turn.InstanceId, actions);
        return turn;
    }

    public Task RaiseAsync(string id, string name = "go") => CallAsync(TaskHubMethods.RaiseEvent, new RaiseEventRequest { InstanceId = id, Name = name });

    public async Task<WorkflowState> StateAsync(string id) =>
        (await CallAsync(TaskHubMethods.GetInstance, new GetInstanceRequest { InstanceId = id, GetInputsAndOutputs = true })).WorkflowState;

    public async Task<WorkflowState> EndAsync(string id) =>
        (await CallAsync(TaskHubMethods.WaitForInstanceCompletion, new GetInstanceRequest { InstanceId = id, GetInputsAndOutputs = true })).WorkflowState;

    public async Task<IReadOnlyList<HistoryEvent>> HistoryAsync(string id) =>
        (await CallAsync(TaskHubMethods.GetInstanceHistory, new GetInstanceHistoryRequest { InstanceId = id })).Events;

    [MemberNotNull(nameof(_items), nameof(_next))]
    private void Connect()
    {
        _items = _channel.ServerStreaming(TaskHubMethods.GetWorkItems, new GetWorkItemsRequest(), new CallOptions { Cancellation = Stop });
        _next = _items.ReadAllAsync(Stop).GetAsyncEnumerator(Stop);
    }

    public static WorkflowAction Complete(string result = "done", OrchestrationStatus status = OrchestrationStatus.Completed) =>
        new() { Id = 99, CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = status, Result = result } };

    public static WorkflowAction Activity(int id, string name = "work") => new() { Id = id, ScheduleTask = new ScheduleTaskAction { Name = name } };

    public static WorkflowAction Timer(int id, DateTimeOffset due) =>
        new() { Id = id, CreateTimer = new CreateTimerAction { FireAt = Timestamp.FromDateTimeOffset(due) } };

    public static WorkflowAction Child(int id, string instanceId, HistoryPropagationScope? scope = null)
    {
        var child = new CreateChildWorkflowAction { Name = "kid", InstanceId = instanceId, Version = "2" };
        if (scope is { } asked) child.HistoryPropagationScope = asked;
        return new WorkflowAction { Id = id, CreateChildWorkflow = child };
    }
}

using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Workflows.Wire;
using Microsoft.AspNetCore.Routing;
using MiniGrpc;

namespace LocalDapr.Runtime.Workflows;

/// <summary>TaskHubSidecarService: what the workflow SDKs of all languages speak.</summary>
internal static class TaskHubGrpcService
{
    private const int ItemsAFlush = 64;
    private const int MaxPage = 10_000;

    /// <summary>
    /// What a worker sends is taken whole, and judged payload by payload: an answer that is refused as a message would be open for ever.
    /// </summary>
    internal static readonly GrpcServerOptions FromWorkers = new() { MaxReceiveMessageBytes = 1 << 30, MaxSendMessageBytes = int.MaxValue };

    public static void MapTaskHub(this IEndpointRouteBuilder grpc, WorkflowBlock block)
    {
        grpc.MapUnary(TaskHubMethods.Hello, static (_, _) => new ValueTask<Empty>(new Empty()));
        Map(grpc, TaskHubMethods.StartInstance, (request, call) => StartAsync(block, request, call));
        Map(grpc, TaskHubMethods.GetInstance, async (request, call) =>
            Found(await block.Engine.GetAsync(request.InstanceId, call.Cancellation), request, parent: false));
        Map(grpc, TaskHubMethods.WaitForInstanceStart, async (request, call) =>
            Found(await block.Engine.WaitForStartAsync(request.InstanceId, call.Cancellation), request, parent: true));
        Map(grpc, TaskHubMethods.WaitForInstanceCompletion, async (request, call) =>
            Found(await block.Engine.WaitForCompletionAsync(request.InstanceId, call.Cancellation), request, parent: true));
        MapControl(grpc, block);
        Map(grpc, TaskHubMethods.PurgeInstances, (request, call) => PurgeAsync(block.Engine, request, call.Cancellation));
        Map(grpc, TaskHubMethods.RerunWorkflowFromEvent, (request, call) => RerunAsync(block.Engine, request, call.Cancellation));
        Map(grpc, TaskHubMethods.ListInstanceIDs, (request, call) => ListAsync(block.Engine, request, call.Cancellation));
        Map(grpc, TaskHubMethods.GetInstanceHistory, (request, call) => HistoryAsync(block.Engine, request, call.Cancellation));
        foreach (var method in (GrpcMethod<WorkflowResponse, CompleteTaskResponse>[])[TaskHubMethods.CompleteOrchestratorTask, TaskHubMethods.CompleteWorkflowTask])
        {
            Map(grpc, method, async (response, call) =>
            {
                await block.Engine.CompleteTurnAsync(response.FromWire() with { Peer = call.Http.Connection.Id }, call.Cancellation);
                return new CompleteTaskResponse();
            }, FromWorkers);
        }
        Map(grpc, TaskHubMethods.CompleteActivityTask, async (response, call) =>
        {
            await block.Engine.CompleteActivityAsync(response.FromWire(), call.Cancellation);
            return new CompleteTaskResponse();
        }, FromWorkers);
        grpc.MapServerStreaming(TaskHubMethods.GetWorkItems, (_, items, call) => SendWorkItemsAsync(block, items, call));
    }

    private static void MapControl(IEndpointRouteBuilder grpc, WorkflowBlock block)
    {
        Map(grpc, TaskHubMethods.RaiseEvent, async (request, call) =>
        {
            await block.Engine.RaiseAsync(request.InstanceId, request.Name, request.Input, call.Cancellation);
            return new RaiseEventResponse();
        });
        Map(grpc, TaskHubMethods.TerminateInstance, async (request, call) =>
        {
            await WorkflowErrors.TellAsync(
                "failed to submit termination request",
                block.Engine.TerminateAsync(request.InstanceId, request.Output, request.Recursive, call.Cancellation, static now => now.IsTerminal));
            return new TerminateResponse();
        });
        Map(grpc, TaskHubMethods.SuspendInstance, async (request, call) =>
        {
            await block.Engine.SuspendAsync(
                request.InstanceId, Reason(request.Reason), call.Cancellation, static now => now.IsTerminal || now.Status == RuntimeStatus.Suspended);
            return new SuspendResponse();
        });
        Map(grpc, TaskHubMethods.ResumeInstance, async (request, call) =>
        {
            await block.Engine.ResumeAsync(
                request.InstanceId, Reason(request.Reason), call.Cancellation, static now => now.IsTerminal || now.Status == RuntimeStatus.Running);
            return new ResumeResponse();
        });
    }

    private static void Map<TRequest, TResponse>(
        IEndpointRouteBuilder grpc,
        GrpcMethod<TRequest, TResponse> method,
        Func<TRequest, ServerCall, ValueTask<TResponse>> handler,
        GrpcServerOptions? limits = null)
        where TRequest : class, Google.Protobuf.IMessage<TRequest>
        where TResponse : class, Google.Protobuf.IMessage<TResponse> =>
        grpc.MapDapr(method, async (request, call) =>
        {
            try
            {
                return await handler(request, call);
            }
            catch (WorkflowException refused)
            {
                throw refused.ToRpc();
            }
        }, limits);

    /// <summary>The engine's form of a start; traces are kept, version, tags and execution id of the caller are not, as in Dapr.</summary>
    internal static StartRequest ToStart(CreateInstanceRequest request) => new(request.InstanceId, request.Name)
    {
        Input = request.Input,
        ScheduledStart = request.ScheduledStartTimestamp?.ToMoment(),
        Trace = request.ParentTraceContext.FromWire(),
        Unique = request.EnforceUniqueInstanceId,
    };

    // Answers after the first turn, so that whoever reads the instance next finds it running; a scheduled one is not waited for.
    private static async ValueTask<CreateInstanceResponse> StartAsync(WorkflowBlock block, CreateInstanceRequest request, ServerCall call)
    {
        var headers = call.Http.Request.Headers;
        await WorkflowErrors.TellAsync(
            "failed to create workflow instance", block.StartAsync(ToStart(request), headers.TraceParent, headers.TraceState, call.Cancellation));
        if (request.ScheduledStartTimestamp is null) await block.Engine.WaitForStartAsync(request.InstanceId, call.Cancellation);
        return new CreateInstanceResponse { InstanceId = request.InstanceId };
    }

    private static string? Reason(string? reason) => reason is { Length: > 0 } ? reason : null;

    private static GetInstanceResponse Found(InstanceSummary? summary, GetInstanceRequest request, bool parent) => summary is null
        ? new GetInstanceResponse()
        : new GetInstanceResponse { Exists = true, WorkflowState = summary.ToWire(request.GetInputsAndOutputs, parent) };

    private static async ValueTask<PurgeInstancesResponse> PurgeAsync(
        WorkflowEngine engine, PurgeInstancesRequest request, CancellationToken cancellation)
    {
        if (request.RequestCase == PurgeInstancesRequest.RequestOneofCase.PurgeInstanceFilter)
            throw new RpcException(StatusCode.Unknown, "multi-instance purge is not unimplemented");
        var purging = engine.PurgeAsync(request.InstanceId, request.Recursive, request.HasForce && request.Force, cancellation);
        return new PurgeInstancesResponse { DeletedInstanceCount = await WorkflowErrors.TellAsync("failed to purge workflow state", purging) };
    }

    private static async ValueTask<RerunWorkflowFromEventResponse> RerunAsync(
        WorkflowEngine engine, RerunWorkflowFromEventRequest request, CancellationToken cancellation)
    {
        var id = request.HasNewInstanceID && request.NewInstanceID.Length > 0 ? request.NewInstanceID : Guid.NewGuid().ToString();
        try
        {
            await engine.RerunAsync(
                new RerunRequest(request.SourceInstanceID, unchecked((int)request.EventID), id)
                {
                    Input = request.Input,
                    OverwritesInput = request.OverwriteInput,
                    NewChildId = request.HasNewChildWorkflowInstanceID ? request.NewChildWorkflowInstanceID : null,
                },
                cancellation);
        }
        catch (WorkflowException refused) when (refused.Kind == WorkflowErrorKind.NotFound)
        {
            throw new RpcException(StatusCode.NotFound, refused.Message);
        }
        return new RerunWorkflowFromEventResponse { NewInstanceID = id };
    }

    private static async ValueTask<ListInstanceIDsResponse> ListAsync(
        WorkflowEngine engine, ListInstanceIDsRequest request, CancellationToken cancellation)
    {
        var size = request is { HasPageSize: true, PageSize: > 0 } ? (int)Math.Min(request.PageSize, MaxPage) : MaxPage;
        // One more than asked for tells whether there is another page.
        var ids = await engine.ListAsync(request.HasContinuationToken ? request.ContinuationToken : null, size + 1, cancellation);
        var response = new ListInstanceIDsResponse();
        response.InstanceIds.AddRange(ids.Take(size));
        if (ids.Count > size) response.ContinuationToken = ids[size - 1];
        return response;
    }

    private static async ValueTask<GetInstanceHistoryResponse> HistoryAsync(
        WorkflowEngine engine, GetInstanceHistoryRequest request, CancellationToken cancellation)
    {
        var history = await engine.HistoryAsync(request.InstanceId, cancellation)
            ?? throw new RpcException(StatusCode.NotFound, $"workflow instance '{request.InstanceId}' not found");
        var response = new GetInstanceHistoryResponse();
        response.Events.AddRange(history.Select(happened => happened.ToWire()));
        return response;
    }

    // Ends when the worker goes away or reads nothing (its items go to others), or the sidecar stops (the worker is told). While the app has
    // no actor state store there is nothing to do, which is no error: the store may come.
    private static async Task SendWorkItemsAsync(WorkflowBlock block, IGrpcWriter<WorkItem> items, ServerCall call)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation, block.Stopping);
        // A worker that comes back at once while the others are sent away would be handed what they give back, and do it in vain.
        if (block.Stopping.IsCancellationRequested) throw Stopped();
        var writer = new WorkerWriter<WorkItem>(items, ended, block.Time);
        block.WorkerCame();
        try
        {
            if (block.HubOrNone is null) await call.SendHeadersAsync([]);
            while (true)
            {
                var hub = await block.WhenOpenAsync(ended.Token);
                using var left = CancellationTokenSource.CreateLinkedTokenSource(ended.Token, hub.Left);
                using var worker = hub.Engine.Connect(
                    new WorkerOptions { MaxOpenTurns = int.MaxValue, MaxOpenActivities = int.MaxValue, Peer = call.Http.Connection.Id });
                if (!call.Http.Response.HasStarted) await call.SendHeadersAsync([]);
                try
                {
                    await SendWorkItemsAsync(worker, writer, block.AppId, left.Token);
                }
                catch (OperationCanceledException) when (!block.Stopping.IsCancellationRequested && !ended.IsCancellationRequested)
                {
                    // The store has gone, or is another one.
                }
            }
        }
        catch (OperationCanceledException) when (block.Stopping.IsCancellationRequested)
        {
            throw Stopped();
        }
        finally
        {
            block.WorkerLeft();
        }
    }

    private static async Task SendWorkItemsAsync(WorkerConnection worker, WorkerWriter<WorkItem> writer, string appId, CancellationToken cancellation)
    {
        var (turns, activities) = (new List<TurnItem>(), new List<ActivityItem>());
        while (await worker.TakeAsync(turns, activities, ItemsAFlush, cancellation))
        {
            var left = turns.Count + activities.Count;
            foreach (var turn in turns)
            {
                var item = new WorkItem { WorkflowRequest = turn.ToWire(appId), CompletionToken = turn.Token };
                await writer.WriteAsync(item, flush: --left == 0);
            }
            foreach (var activity in activities)
            {
                var item = new WorkItem { ActivityRequest = activity.ToWire(), CompletionToken = activity.ExecutionId };
                await writer.WriteAsync(item, flush: --left == 0);
            }
            turns.Clear();
            activities.Clear();
        }
    }

    internal static RpcException Stopped() => new(StatusCode.Unavailable, "the sidecar is shutting down");
}

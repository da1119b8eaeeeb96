using System.Threading.Channels;
using Dapr.Protocol;
using LocalDapr.Engine.Hub;
using LocalDapr.Protocol.Workflow;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Workflows.Wire;
using Microsoft.AspNetCore.Routing;
using MiniGrpc;

namespace LocalDapr.Runtime.Workflows;

/// <summary>Our stream of work items: many per message both ways, instances stay with the connection that has them in memory.</summary>
internal static class WorkflowStreamService
{
    public static void MapWorkflowStream(this IEndpointRouteBuilder grpc, WorkflowBlock block) =>
        grpc.MapDuplex(WorkflowStreamMethods.Connect, async (batches, answers, call) =>
        {
            if (block.Stopping.IsCancellationRequested) throw TaskHubGrpcService.Stopped();
            var hub = block.HubOrNone ?? throw WorkflowErrors.NoEngine().ToRpc();
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation, hub.Left);
            using var stream = new WorkflowStream(hub.Engine, block, new WorkerWriter<HubBatch>(answers, ended, block.Time), ended);
            await stream.RunAsync(batches);
            if (block.Stopping.IsCancellationRequested) throw TaskHubGrpcService.Stopped();
            if (hub.Left.IsCancellationRequested) throw new RpcException(StatusCode.Unavailable, "the actor state store has gone, or is another one");
        }, TaskHubGrpcService.FromWorkers);
}

/// <summary>One connected stream: reads batches in order, and writes work and acknowledgements as they come.</summary>
internal sealed class WorkflowStream(WorkflowEngine engine, WorkflowBlock block, WorkerWriter<HubBatch> answers, CancellationTokenSource ended) : IDisposable
{
    private const int ItemsABatch = 256;

    /// <summary>
    /// Starts and raises whose acknowledgement is not sent yet; beyond it the stream is not read, and the client feels it.
    /// </summary>
    private const int MaxUnacknowledged = 8_192;

    private readonly Channel<Ack> _acks = Channel.CreateBounded<Ack>(new BoundedChannelOptions(MaxUnacknowledged) { SingleReader = true });
    private readonly SemaphoreSlim _room = new(MaxUnacknowledged);
    private readonly SemaphoreSlim _writing = new(1);
    private WorkerConnection? _worker;

    public void Dispose()
    {
        if (_worker is null) return;
        _worker.Dispose();
        block.WorkerLeft();
    }

    /// <summary>Ends when either side ends the call; all three loops have ended then.</summary>
    public async Task RunAsync(IGrpcReader<WorkerBatch> batches)
    {
        var (more, first) = await batches.ReadAsync(ended.Token);
        if (!more || first?.Hello is not { } hello) throw new RpcException(StatusCode.InvalidArgument, "the first message must be hello");
        await WriteAsync(new HubBatch { Hello = new HelloReply { RuntimeVersion = RuntimeHost.RuntimeVersion } });
        if (hello.Worker)
        {
            block.WorkerCame();
            _worker = engine.Connect(new WorkerOptions
            {
                KeepsInstances = true,
                MaxOpenTurns = hello.MaxOpenWorkflows == 0 ? 4_000 : (int)hello.MaxOpenWorkflows,
                MaxOpenActivities = hello.MaxOpenActivities == 0 ? 16_000 : (int)hello.MaxOpenActivities,
            });
        }
        await Task.WhenAll(EndingAsync(ReadAsync(batches)), EndingAsync(SendWorkAsync()), EndingAsync(SendAcksAsync()));
    }

    // Whichever loop ends first, the others end with it. A cancelled one ends well; a fault is the call's fault.
    private async Task EndingAsync(Task loop)
    {
        try
        {
            await loop;
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
        }
        finally
        {
            await ended.CancelAsync();
        }
    }

    private async Task ReadAsync(IGrpcReader<WorkerBatch> batches)
    {
        await foreach (var batch in batches.ReadAllAsync(ended.Token))
        {
            if (_worker is { } worker)
            {
                // Results first: a turn that is decided next finds them in the inbox.
                if (batch.Activities.Count > 0) worker.Complete([.. batch.Activities.Select(result => result.FromWire())]);
                foreach (var response in batch.Workflows) await worker.CompleteAsync(response.FromWire(), ended.Token);
                foreach (var miss in batch.Misses) worker.Missed(miss.InstanceId);
            }
            foreach (var start in batch.Starts)
            {
                await _room.WaitAsync(ended.Token);
                var request = TaskHubGrpcService.ToStart(start.Instance) with { UnlessExists = start.UnlessExists };
                _ = AcknowledgeAsync(start.Sequence, block.StartAsync(request, null, null, ended.Token));
            }
            foreach (var raise in batch.Raises)
            {
                await _room.WaitAsync(ended.Token);
                var raised = raise.Event;
                _ = AcknowledgeAsync(raise.Sequence, engine.RaiseAsync(raised.InstanceId, raised.Name, raised.Input, ended.Token));
            }
        }
    }

    private async Task AcknowledgeAsync(ulong sequence, ValueTask operation)
    {
        var ack = new Ack { Sequence = sequence };
        try
        {
            await operation;
        }
        catch (WorkflowException refused)
        {
            (ack.Code, ack.Message) = ((uint)WorkflowErrors.StatusOf(refused), refused.Message);
        }
        catch (OperationCanceledException)
        {
            (ack.Code, ack.Message) = ((uint)StatusCode.Cancelled, "the stream has ended");
        }
        catch (Exception fault)
        {
            (ack.Code, ack.Message) = ((uint)StatusCode.Unknown, fault.Message);
        }
        // Never full: there are no more acknowledgements than places taken in the room.
        _acks.Writer.TryWrite(ack);
    }

    private async Task SendAcksAsync()
    {
        while (await _acks.Reader.WaitToReadAsync(ended.Token))
        {
            var batch = new HubBatch();
            while (batch.Acks.Count < MaxUnacknowledged && _acks.Reader.TryRead(out var ack)) batch.Acks.Add(ack);
            await WriteAsync(batch);
            _room.Release(batch.Acks.Count);
        }
    }

    private async Task SendWorkAsync()
    {
        if (_worker is not { } worker)
        {
            await Task.Delay(Timeout.Infinite, ended.Token);
            return;
        }
        var (turns, activities) = (new List<TurnItem>(), new List<ActivityItem>());
        while (await worker.TakeAsync(turns, activities, ItemsABatch, ended.Token))
        {
            var batch = new HubBatch();
            foreach (var turn in turns)
            {
                batch.Workflows.Add(new WorkflowTurn
                {
                    Request = turn.ToWire(block.AppId),
                    Full = turn.Past is not null,
                    ExecutionId = turn.ExecutionId,
                    CachedEvents = (uint)turn.CachedEvents,
                });
            }
            foreach (var activity in activities)
            {
                // The worker sends it back as the token, so that a result for an earlier generation is told apart.
                var request = activity.ToWire();
                request.WorkflowInstance.ExecutionId = activity.ExecutionId;
                batch.Activities.Add(request);
            }
            await WriteAsync(batch);
            turns.Clear();
            activities.Clear();
        }
    }

    private async Task WriteAsync(HubBatch batch)
    {
        await _writing.WaitAsync(ended.Token);
        try
        {
            await answers.WriteAsync(batch, flush: true);
        }
        finally
        {
            _writing.Release();
        }
    }
}

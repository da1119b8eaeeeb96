using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using Google.Protobuf.Collections;
using LocalDapr.Protocol.Workflow;
using Microsoft.Extensions.Logging;
using MiniGrpc;

namespace Dapr.Workflow.Worker;

// One duplex call that carries everything, many messages in each batch. What is to be sent gathers in one batch while the one before is being
// written: under load batches grow by themselves, and alone a message goes at once.
//   reader (RunAsync)  turns of a batch together as one work item, activities one by one, acknowledgements at once
//   writer             one at a time; whoever finds none running becomes it
// Ends when the sidecar ends the stream or it breaks; every waiting start and raise then fails as UNAVAILABLE.
internal sealed partial class StreamConnection(SidecarHub hub, TurnRunner turns, ActivityRunner activities, ILogger logger) : IDisposable
{
    private const int MaxOpenWorkflows = 4_000;
    private const int MaxBatch = 512;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, TaskCompletionSource> _unacknowledged = [];
    private readonly CancellationTokenSource _ended = new();
    private DuplexCall<WorkerBatch, HubBatch>? _call;
    private readonly Queue<WorkerBatch> _outgoing = [];
    private WorkerBatch? _gathering;
    private int _gathered;
    private bool _writing;
    private bool _isOpen;
    private ulong _sequence;

    /// <summary>Whether starts and raises may go this way.</summary>
    public bool IsOpen => Volatile.Read(ref _isOpen);

    public async Task RunAsync(Action connected, CancellationToken stopping)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(stopping, _ended.Token);
        using var call = hub.Channel.Duplex(WorkflowStreamMethods.Connect, new CallOptions { Cancellation = linked.Token });
        _call = call;
        try
        {
            Send(batch => batch.Hello = new Hello
            {
                Worker = true,
                MaxOpenWorkflows = MaxOpenWorkflows,
                MaxOpenActivities = ActivityRunner.MaxConcurrent,
            });
            await foreach (var batch in call.ReadAllAsync(linked.Token).ConfigureAwait(false))
            {
                Take(batch, connected);
            }
        }
        finally
        {
            Close();
        }
    }

    public Task StartAsync(CreateInstanceRequest request, CancellationToken cancellation) => AcknowledgedAsync(
        (batch, sequence) => batch.Starts.Add(new Start { Sequence = sequence, Instance = request }), cancellation);

    public Task RaiseAsync(RaiseEventRequest request, CancellationToken cancellation) => AcknowledgedAsync(
        (batch, sequence) => batch.Raises.Add(new Raise { Sequence = sequence, Event = request }), cancellation);

    public void Dispose() => _ended.Dispose();

    private Task AcknowledgedAsync(Action<WorkerBatch, ulong> add, CancellationToken cancellation)
    {
        // Callers must not run on the reader, which completes these.
        var acknowledged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Send(batch =>
        {
            if (!_isOpen)
            {
                throw new RpcException(StatusCode.Unavailable, "The connection to the sidecar has ended.");
            }

            var sequence = ++_sequence;
            _unacknowledged.Add(sequence, acknowledged);
            add(batch, sequence);
        });
        return acknowledged.Task.WaitAsync(cancellation);
    }

    private void Take(HubBatch batch, Action connected)
    {
        if (batch.Hello is not null)
        {
            Volatile.Write(ref _isOpen, true);
            connected();
        }

        if (batch.Acks.Count > 0)
        {
            Acknowledge(batch.Acks);
        }

        if (batch.Workflows.Count > 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static work => work.Self.Turn(work.Turns), (Self: this, Turns: batch.Workflows), preferLocal: false);
        }

        foreach (var activity in batch.Activities)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static work => _ = work.Self.RunActivityAsync(work.Activity), (Self: this, Activity: activity), preferLocal: false);
        }
    }

    private void Acknowledge(IEnumerable<Ack> acks)
    {
        foreach (var ack in acks)
        {
            TaskCompletionSource? waiting;
            lock (_gate)
            {
                _unacknowledged.Remove(ack.Sequence, out waiting);
            }

            if (ack.Code == 0)
            {
                waiting?.TrySetResult();
            }
            else
            {
                waiting?.TrySetException(new RpcException((StatusCode)ack.Code, ack.Message));
            }
        }
    }

    private void Turn(RepeatedField<WorkflowTurn> items)
    {
        var answers = new List<WorkflowResponse>(items.Count);
        var misses = new List<CacheMiss>();
        foreach (var item in items)
        {
            try
            {
                if (turns.Continue(item) is { } answer)
                {
                    answers.Add(answer);
                }
                else
                {
                    misses.Add(new CacheMiss { InstanceId = item.Request.InstanceId });
                }
            }
            catch (Exception failure)
            {
                // Nothing of the workflow's own gets here. Ending the stream gives the item to a fresh connection.
                LogBroken(failure, item.Request.InstanceId);
                EndSoon();
                return;
            }
        }

        Send(batch =>
        {
            batch.Workflows.Add(answers);
            batch.Misses.Add(misses);
        });
    }

    private async Task RunActivityAsync(ActivityRequest request)
    {
        var result = await activities.RunAsync(request).ConfigureAwait(false);

        // Tells the result from one for an earlier run of the same instance.
        result.CompletionToken = request.WorkflowInstance?.ExecutionId ?? string.Empty;
        Send(batch => batch.Activities.Add(result));
    }

    private void Send(Action<WorkerBatch> add)
    {
        DuplexCall<WorkerBatch, HubBatch> call;
        lock (_gate)
        {
            add(Gathering_NeedsLock());
            if (_writing || _call is null)
            {
                return;
            }

            (call, _writing) = (_call, true);
        }

        _ = WriteAsync(call);
    }

    // Bounded, so that no batch outgrows what one message may hold.
    private WorkerBatch Gathering_NeedsLock()
    {
        if (_gathering is null || ++_gathered > MaxBatch)
        {
            (_gathering, _gathered) = (new WorkerBatch(), 1);
            _outgoing.Enqueue(_gathering);
        }

        return _gathering;
    }

    private async Task WriteAsync(DuplexCall<WorkerBatch, HubBatch> call)
    {
        try
        {
            // Whatever else is ready to run now gets into the same batch.
            await Task.Yield();
            while (TakeOutgoing() is { } batch)
            {
                await call.WriteAsync(batch, flush: true).ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            // The reader normally ends by the same cause, and knows the status. Only a batch that never left keeps it waiting.
            LogUnsent(failure);
            EndSoon();
        }
    }

    private WorkerBatch? TakeOutgoing()
    {
        lock (_gate)
        {
            if (!_outgoing.TryDequeue(out var batch))
            {
                _writing = false;
                return null;
            }

            if (batch == _gathering)
            {
                _gathering = null;
            }

            return batch;
        }
    }

    private void EndSoon()
    {
        try
        {
            _ended.CancelAfter(TimeSpan.FromSeconds(1));
        }
        catch (ObjectDisposedException)
        {
            // The reader was faster.
        }
    }

    private void Close()
    {
        TaskCompletionSource[] waiting;
        lock (_gate)
        {
            _isOpen = false;
            _call = null;
            waiting = [.. _unacknowledged.Values];
            _unacknowledged.Clear();
        }

        foreach (var one in waiting)
        {
            one.TrySetException(new RpcException(StatusCode.Unavailable, "The connection to the sidecar ended before it answered."));
        }
    }

    [LoggerMessage(2, LogLevel.Error, "A turn of instance {InstanceId} failed outside its workflow; reconnecting.")]
    private partial void LogBroken(Exception failure, string instanceId);

    [LoggerMessage(3, LogLevel.Debug, "The stream to the sidecar broke while writing.")]
    private partial void LogUnsent(Exception failure);
}

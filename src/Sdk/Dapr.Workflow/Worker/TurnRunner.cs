using System.Collections.Concurrent;
using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow.Replay;
using Dapr.Workflow.Versioning;
using LocalDapr.Protocol.Workflow;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dapr.Workflow.Worker;

// Runs turns. On the stream, runs are kept between their turns: a kept one continues where it stands, if it stands where the sidecar thinks. The
// sidecar has one turn of an instance open at a time, so a run is never used by two at once.
internal sealed partial class TurnRunner : IDisposable
{
    // Memory, not correctness: a run that was dropped is replayed from its history.
    private const int MaxKept = 50_000;
    private const int DroppedAtOnce = 1_000;

    private readonly ConcurrentDictionary<string, WorkflowRun> _kept = new(StringComparer.Ordinal);
    private readonly WorkflowRuntimeOptions _options;
    private readonly IServiceProvider _services;
    private readonly RunSetup _setup;
    private readonly ILogger _logger;

    public TurnRunner(WorkflowRuntimeOptions options, IServiceProvider services, IDaprSerializer serializer, ILoggerFactory loggers)
    {
        (_options, _services, _logger) = (options, services, loggers.CreateLogger<TurnRunner>());
        var families = services.GetService<WorkflowFamilies>();
        _setup = new RunSetup(Create, serializer, loggers, Environment.GetEnvironmentVariable("APP_ID")) { Latest = name => families?.Latest(name) };
    }

    /// <summary>A turn with its whole history, after which nothing is kept.</summary>
    public WorkflowResponse Replay(WorkflowRequest request)
    {
        var run = NewRun(request);
        var response = run.Turn(request.PastEvents, request.NewEvents);
        Leave(run);
        return response;
    }

    /// <summary>A turn of the stream; null when the kept run it relies on is not here.</summary>
    public WorkflowResponse? Continue(WorkflowTurn turn)
    {
        var request = turn.Request;
        if (turn.Full)
        {
            return Begin(request);
        }

        if (!_kept.TryGetValue(request.InstanceId, out var run) || !Fits(run, turn))
        {
            Drop(request.InstanceId);
            return null;
        }

        WorkflowResponse response;
        lock (run)
        {
            // Dropped between the two lines above.
            if (run.IsLeft)
            {
                return null;
            }

            response = run.Turn(request.PastEvents, request.NewEvents);
        }

        if (run.Ended)
        {
            Drop(request.InstanceId);
        }

        return response;
    }

    /// <summary>Ends what the kept runs hold of services.</summary>
    public void Dispose()
    {
        foreach (var instanceId in _kept.Keys)
        {
            Drop(instanceId);
        }
    }

    private static bool Fits(WorkflowRun run, WorkflowTurn turn) => run.ExecutionId == turn.ExecutionId && run.HistoryLength == turn.CachedEvents;

    private WorkflowResponse Begin(WorkflowRequest request)
    {
        Drop(request.InstanceId);
        var run = NewRun(request);
        var response = run.Turn(request.PastEvents, request.NewEvents);
        if (run.Ended)
        {
            Leave(run);
        }
        else
        {
            Keep(request.InstanceId, run);
        }

        return response;
    }

    private WorkflowRun NewRun(WorkflowRequest request) =>
        new(request.InstanceId, _setup) { Propagated = Propagation.Read(request.PropagatedHistory) };

    private void Keep(string instanceId, WorkflowRun run)
    {
        if (_kept.Count >= MaxKept)
        {
            foreach (var old in _kept.Keys.Take(DroppedAtOnce))
            {
                Drop(old);
            }
        }

        _kept[instanceId] = run;
    }

    private void Drop(string instanceId)
    {
        if (_kept.TryRemove(instanceId, out var run))
        {
            Leave(run);
        }
    }

    // Not while it is in a turn. What the services do at their end is not waited for.
    private void Leave(WorkflowRun run)
    {
        lock (run)
        {
            _ = LeaveAsync(run);
        }
    }

    private async Task LeaveAsync(WorkflowRun run)
    {
        try
        {
            await run.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            LogUnended(failure);
        }
    }

    private IWorkflow? Create(string name) => _options.Workflows.TryGetValue(name, out var create) ? create(_services) : null;

    [LoggerMessage(20, LogLevel.Warning, "The services of a workflow could not be disposed of.")]
    private partial void LogUnended(Exception failure);
}

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
internal sealed class TurnRunner
{
    // Memory, not correctness: a run that was dropped is replayed from its history.
    private const int MaxKept = 50_000;
    private const int DroppedAtOnce = 1_000;

    private readonly ConcurrentDictionary<string, WorkflowRun> _kept = new(StringComparer.Ordinal);
    private readonly WorkflowRuntimeOptions _options;
    private readonly IServiceProvider _services;
    private readonly RunSetup _setup;

    public TurnRunner(WorkflowRuntimeOptions options, IServiceProvider services, IDaprSerializer serializer, ILoggerFactory loggers)
    {
        (_options, _services) = (options, services);
        var families = services.GetService<WorkflowFamilies>();
        _setup = new RunSetup(Create, serializer, loggers, Environment.GetEnvironmentVariable("APP_ID")) { Latest = name => families?.Latest(name) };
    }

    /// <summary>A turn with its whole history, after which nothing is kept.</summary>
    public WorkflowResponse Replay(WorkflowRequest request) => NewRun(request).Turn(request.PastEvents, request.NewEvents);

    /// <summary>A turn of the stream; null when the kept run it relies on is not here.</summary>
    public WorkflowResponse? Continue(WorkflowTurn turn)
    {
        var request = turn.Request;
        if (!turn.Full && !Fits(turn))
        {
            _kept.TryRemove(request.InstanceId, out _);
            return null;
        }

        var run = turn.Full ? NewRun(request) : _kept[request.InstanceId];
        var response = run.Turn(request.PastEvents, request.NewEvents);
        if (run.Ended)
        {
            _kept.TryRemove(request.InstanceId, out _);
        }
        else if (turn.Full)
        {
            Keep(request.InstanceId, run);
        }

        return response;
    }

    private bool Fits(WorkflowTurn turn) => _kept.TryGetValue(turn.Request.InstanceId, out var run)
        && run.ExecutionId == turn.ExecutionId && run.HistoryLength == turn.CachedEvents;

    private WorkflowRun NewRun(WorkflowRequest request) =>
        new(request.InstanceId, _setup) { Propagated = Propagation.Read(request.PropagatedHistory) };

    private void Keep(string instanceId, WorkflowRun run)
    {
        if (_kept.Count >= MaxKept)
        {
            foreach (var old in _kept.Keys.Take(DroppedAtOnce))
            {
                _kept.TryRemove(old, out _);
            }
        }

        _kept[instanceId] = run;
    }

    // Workflows are stateless between their turns as far as services go: their scope is the application.
    private IWorkflow? Create(string name) => _options.Workflows.TryGetValue(name, out var create) ? create(_services) : null;
}

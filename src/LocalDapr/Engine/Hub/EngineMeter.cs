using System.Diagnostics.Metrics;
using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Hub;

/// <summary>
/// What an engine counts, under the names and with the labels that daprd has. Costs nothing while nobody listens. Times are milliseconds;
/// nothing that took none is recorded, as in daprd.
/// </summary>
internal sealed class EngineMeter : IDisposable
{
    public const string Name = "LocalDapr.Workflow";

    private const string Success = "success";
    private const string Failed = "failed";
    private const string Terminated = "terminated";
    private const string Recoverable = "recoverable";

    // daprd's: close together near the limit.
    private static readonly InstrumentAdvice<double> ratios =
        new() { HistogramBucketBoundaries = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1, 1.5, 2] };

    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Counter<long> _operations;
    private readonly Histogram<double> _operationLatency;
    private readonly Counter<long> _executions;
    private readonly Histogram<double> _executionLatency;
    private readonly Histogram<double> _schedulingLatency;
    private readonly Counter<long> _activities;
    private readonly Histogram<double> _activityLatency;
    private readonly Counter<long> _handOuts;
    private readonly Histogram<double> _handOutLatency;
    private readonly Histogram<double> _turnRatio;
    private readonly Histogram<double> _activityRatio;

    public EngineMeter(EngineOptions options, TimeProvider time)
    {
        _time = time;
        _meter = new Meter(new MeterOptions(Name) { Tags = [new("app_id", options.AppId), new("namespace", options.Namespace)] });
        _operations = _meter.CreateCounter<long>("dapr_runtime_workflow_operation_count");
        _operationLatency = _meter.CreateHistogram<double>("dapr_runtime_workflow_operation_latency");
        _executions = _meter.CreateCounter<long>("dapr_runtime_workflow_execution_count");
        _executionLatency = _meter.CreateHistogram<double>("dapr_runtime_workflow_execution_latency");
        _schedulingLatency = _meter.CreateHistogram<double>("dapr_runtime_workflow_scheduling_latency");
        _activities = _meter.CreateCounter<long>("dapr_runtime_workflow_activity_execution_count");
        _handOuts = _meter.CreateCounter<long>("dapr_runtime_workflow_activity_operation_count");
        _handOutLatency = _meter.CreateHistogram<double>("dapr_runtime_workflow_activity_operation_latency");
        _activityLatency = _meter.CreateHistogram<double>("dapr_runtime_workflow_activity_execution_latency");
        _turnRatio = _meter.CreateHistogram("dapr_runtime_workflow_payload_size_ratio", advice: ratios);
        _activityRatio = _meter.CreateHistogram("dapr_runtime_workflow_activity_payload_size_ratio", advice: ratios);
    }

    public void Dispose() => _meter.Dispose();

    public async ValueTask OperationAsync(string operation, ValueTask work)
    {
        var began = _time.GetTimestamp();
        var status = Failed;
        try
        {
            await work;
            status = Success;
        }
        finally
        {
            Operation(operation, status, began);
        }
    }

    public async ValueTask<T> OperationAsync<T>(string operation, ValueTask<T> work)
    {
        var began = _time.GetTimestamp();
        var status = Failed;
        try
        {
            var result = await work;
            status = Success;
            return result;
        }
        finally
        {
            Operation(operation, status, began);
        }
    }

    public bool CountsOperations => _operations.Enabled;

    public bool MeasuresPayloads => _turnRatio.Enabled;

    /// <summary>A worker gets the first turn of an instance, and not for the first time if one went away with it.</summary>
    public void HandedOut(ExecutionStarted started, Moment now)
    {
        if (!_schedulingLatency.Enabled) return;
        // In whole milliseconds, as daprd has it.
        var waited = Math.Floor(Milliseconds(started.ScheduledStart ?? started.Timestamp, now));
        if (waited > 0) _schedulingLatency.Record(waited, NameOf(started));
    }

    /// <param name="started">What was executed.</param>
    /// <param name="completed">How it ended.</param>
    /// <param name="began">When the first turn that the history tells of was handed out.</param>
    /// <param name="now">The end.</param>
    public void Ended(ExecutionStarted started, ExecutionCompleted completed, Moment began, Moment now)
    {
        if (!_executions.Enabled) return;
        var name = NameOf(started);
        var status = StatusOf(completed.Status switch
        {
            RuntimeStatus.Completed => Success,
            RuntimeStatus.Terminated => Terminated,
            _ => Failed,
        });
        _executions.Add(1, name, status);
        Record(_executionLatency, Milliseconds(began, now), name, status);
    }

    /// <summary>Its worker went away with the turn: another one gets it.</summary>
    public void Lost(ExecutionStarted started)
    {
        if (_executions.Enabled) _executions.Add(1, NameOf(started), StatusOf(Recoverable));
    }

    /// <summary>A worker gets the activity, and not for the first time if one went away with it.</summary>
    /// <param name="queued">Time stamp of when it began to wait.</param>
    public void HandedOut(TaskScheduled task, long queued)
    {
        if (!_handOuts.Enabled) return;
        var (name, status) = (NameOf(task.Name), StatusOf(Success));
        _handOuts.Add(1, name, status);
        Record(_handOutLatency, Since(queued), name, status);
    }

    /// <param name="handedOut">Time stamp of when the worker got it.</param>
    public void Ran(TaskScheduled task, bool failed, long handedOut) => Ended(task, failed ? Failed : Success, handedOut);

    /// <summary>Its worker went away with it: another one gets it.</summary>
    /// <param name="handedOut">Time stamp of when the worker got it.</param>
    public void Lost(TaskScheduled task, long handedOut) => Ended(task, Recoverable, handedOut);

    /// <summary>How long the work item of a turn is, as a part of the limit.</summary>
    public void Measured(ExecutionStarted started, double ratio) => _turnRatio.Record(ratio, NameOf(started));

    public void Measured(ExecutionStarted started, string activity, double ratio) =>
        _activityRatio.Record(ratio, NameOf(started), NameOf(activity));

    private void Ended(TaskScheduled task, string outcome, long handedOut)
    {
        if (!_activities.Enabled) return;
        var (name, status) = (NameOf(task.Name), StatusOf(outcome));
        _activities.Add(1, name, status);
        Record(_activityLatency, Since(handedOut), name, status);
    }

    private void Operation(string operation, string outcome, long began)
    {
        var (name, status) = (new KeyValuePair<string, object?>("operation", operation), StatusOf(outcome));
        _operations.Add(1, name, status);
        Record(_operationLatency, Since(began), name, status);
    }

    private double Since(long timestamp) => _time.GetElapsedTime(timestamp).TotalMilliseconds;

    private static void Record(
        Histogram<double> latency, double milliseconds, KeyValuePair<string, object?> name, KeyValuePair<string, object?> status)
    {
        if (milliseconds > 0) latency.Record(milliseconds, name, status);
    }

    private static KeyValuePair<string, object?> NameOf(ExecutionStarted started) => new("workflow_name", started.Name);

    private static KeyValuePair<string, object?> NameOf(string activity) => new("activity_name", activity);

    private static KeyValuePair<string, object?> StatusOf(string status) => new("status", status);

    private static double Milliseconds(Moment from, Moment to) => (to.ToDateTimeOffset() - from.ToDateTimeOffset()).TotalMilliseconds;
}

using System.Diagnostics;
using System.Diagnostics.Metrics;
using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Hub;

/// <summary>
/// What an engine counts, under the names and with the labels that daprd has. Costs nothing while nobody listens. Times are milliseconds.
/// </summary>
internal sealed class EngineMeter : IDisposable
{
    public const string Name = "LocalDapr.Workflow";

    private const string Success = "success";
    private const string Failed = "failed";
    private const string Terminated = "terminated";
    private const string Recoverable = "recoverable";

    private readonly Meter _meter;
    private readonly Counter<long> _operations;
    private readonly Histogram<double> _operationLatency;
    private readonly Counter<long> _executions;
    private readonly Histogram<double> _executionLatency;
    private readonly Histogram<double> _schedulingLatency;
    private readonly Counter<long> _activities;
    private readonly Histogram<double> _activityLatency;
    private readonly Counter<long> _attempts;
    private readonly Histogram<double> _attemptLatency;

    public EngineMeter(EngineOptions options)
    {
        _meter = new Meter(new MeterOptions(Name) { Tags = [new("app_id", options.AppId), new("namespace", options.Namespace)] });
        _operations = _meter.CreateCounter<long>("dapr_runtime_workflow_operation_count");
        _operationLatency = _meter.CreateHistogram<double>("dapr_runtime_workflow_operation_latency");
        _executions = _meter.CreateCounter<long>("dapr_runtime_workflow_execution_count");
        _executionLatency = _meter.CreateHistogram<double>("dapr_runtime_workflow_execution_latency");
        _schedulingLatency = _meter.CreateHistogram<double>("dapr_runtime_workflow_scheduling_latency");
        _activities = _meter.CreateCounter<long>("dapr_runtime_workflow_activity_execution_count");
        _attempts = _meter.CreateCounter<long>("dapr_runtime_workflow_activity_operation_count");
        _attemptLatency = _meter.CreateHistogram<double>("dapr_runtime_workflow_activity_operation_latency");
        _activityLatency = _meter.CreateHistogram<double>("dapr_runtime_workflow_activity_execution_latency");
    }

    public void Dispose() => _meter.Dispose();

    public async ValueTask OperationAsync(string operation, ValueTask work)
    {
        var began = Stopwatch.GetTimestamp();
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
        var began = Stopwatch.GetTimestamp();
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

    /// <summary>The instance's first turn is decided.</summary>
    public void Began(ExecutionStarted started, Moment now)
    {
        if (!_schedulingLatency.Enabled) return;
        _schedulingLatency.Record(Milliseconds(started.ScheduledStart ?? started.Timestamp, now), new KeyValuePair<string, object?>("workflow_name", started.Name));
    }

    public void Ended(ExecutionStarted started, ExecutionCompleted completed)
    {
        if (!_executions.Enabled) return;
        var name = new KeyValuePair<string, object?>("workflow_name", started.Name);
        var status = new KeyValuePair<string, object?>("status", completed.Status switch
        {
            RuntimeStatus.Completed => Success,
            RuntimeStatus.Terminated => Terminated,
            _ => Failed,
        });
        _executions.Add(1, name, status);
        _executionLatency.Record(Milliseconds(started.Timestamp, completed.Timestamp), name, status);
    }

    /// <param name="givenOut">Time stamp of when the worker got it.</param>
    public void Ran(TaskScheduled task, bool failed, long givenOut)
    {
        if (!_activities.Enabled) return;
        var name = new KeyValuePair<string, object?>("activity_name", task.Name);
        var status = new KeyValuePair<string, object?>("status", failed ? Failed : Success);
        _activities.Add(1, name, status);
        _activityLatency.Record(Stopwatch.GetElapsedTime(givenOut).TotalMilliseconds, name, status);
        Attempted(name, Success, givenOut);
    }

    /// <summary>Its worker went away with it: another one gets it.</summary>
    public void Lost(TaskScheduled task, long givenOut)
    {
        if (_activities.Enabled) Attempted(new KeyValuePair<string, object?>("activity_name", task.Name), Recoverable, givenOut);
    }

    private void Attempted(KeyValuePair<string, object?> name, string status, long givenOut)
    {
        var outcome = new KeyValuePair<string, object?>("status", status);
        _attempts.Add(1, name, outcome);
        _attemptLatency.Record(Stopwatch.GetElapsedTime(givenOut).TotalMilliseconds, name, outcome);
    }

    private void Operation(string operation, string status, long began)
    {
        var (name, outcome) = (new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("status", status));
        _operations.Add(1, name, outcome);
        _operationLatency.Record(Stopwatch.GetElapsedTime(began).TotalMilliseconds, name, outcome);
    }

    private static double Milliseconds(Moment from, Moment to) => Math.Max(0, (to.ToDateTimeOffset() - from.ToDateTimeOffset()).TotalMilliseconds);
}

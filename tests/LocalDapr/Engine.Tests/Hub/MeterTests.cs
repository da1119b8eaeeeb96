using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Globalization;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>What is counted of workflows and activities, and when their times begin and end; as in daprd 1.18.</summary>
public sealed class MeterTests : IAsyncDisposable
{
    private readonly FakeTime _time = new();
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Metric, string Sample)> _measured = [];
    private readonly List<TurnItem> _turns = [];
    private readonly List<ActivityItem> _activities = [];
    private readonly string _app = $"shop-{Guid.NewGuid():N}";
    private WorkflowEngine _engine;
    private WorkerConnection _worker;

    public MeterTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Tags?.Any(tag => tag.Value as string == _app) == true) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
        Open(new EngineOptions(_app));
    }

    private static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _listener.Dispose();
    }

    [Fact]
    public async Task A_turn_whose_worker_leaves_is_recoverable_and_its_workflow_ends_once_all_the_same()
    {
        await BeginAsync(new StartRequest("a", "greet"));

        Replace();
        await AnswerAsync(new CompleteWorkflow(1, RuntimeStatus.Completed));

        Assert.Equal(["greet,recoverable 1", "greet,success 1"], Samples("execution_count"));
    }

    [Fact]
    public async Task An_activity_is_an_operation_each_time_it_is_handed_out_and_an_execution_until_it_ends_or_its_worker_leaves()
    {
        await BeginAsync(new StartRequest("a", "greet"));
        await AnswerAsync(new ScheduleTask(1, "wave"));

        Wait(3);
        Take();
        Wait(2);
        Replace(thenWait: 1);
        Wait(4);
        _worker.Complete([new ActivityResult("a", 1, null, null)]);

        Assert.Equal(["wave,success 1", "wave,success 1"], Samples("activity_operation_count"));
        Assert.Equal(["wave,success 3000", "wave,success 1000"], Samples("activity_operation_latency"));
        Assert.Equal(["wave,recoverable 1", "wave,success 1"], Samples("activity_execution_count"));
        Assert.Equal(["wave,recoverable 2000", "wave,success 4000"], Samples("activity_execution_latency"));
    }

    [Fact]
    public async Task Scheduling_ends_when_the_first_turn_is_handed_out_and_from_then_on_the_workflow_is_executed()
    {
        var due = Moment.From(_time.GetUtcNow() + TimeSpan.FromSeconds(2));
        await _engine.StartAsync(Deadline);
        await _engine.StartAsync(new StartRequest("a", "greet") { ScheduledStart = due }, Deadline);
        await _engine.FlushAsync();

        Wait(5);
        Take();
        Wait(7);
        await AnswerAsync(new ScheduleTask(1, "wave"));
        Take();
        Wait(11);
        _worker.Complete([new ActivityResult("a", 1, null, null)]);
        Take();
        await AnswerAsync(new CompleteWorkflow(2, RuntimeStatus.Completed));

        Assert.Equal(["greet 3000"], Samples("scheduling_latency"));
        Assert.Equal(["greet,success 18000"], Samples("execution_latency"));
    }

    [Fact]
    public async Task A_first_turn_that_is_handed_out_again_was_scheduled_twice()
    {
        await _engine.StartAsync(Deadline);
        await _engine.StartAsync(new StartRequest("a", "greet"), Deadline);
        await _engine.FlushAsync();

        Wait(1);
        Take();
        Replace(thenWait: 1);

        Assert.Equal(["greet 1000", "greet 2000"], Samples("scheduling_latency"));
    }

    [Fact]
    public async Task What_took_no_time_has_no_latency_and_a_generation_that_continues_is_not_scheduled()
    {
        await BeginAsync(new StartRequest("a", "greet"));
        await AnswerAsync(new CompleteWorkflow(1, RuntimeStatus.ContinuedAsNew));
        Wait(1);
        Take();
        await AnswerAsync(new CompleteWorkflow(1, RuntimeStatus.Failed));

        Assert.Equal(["greet,failed 1"], Samples("execution_count"));
        Assert.Empty(Samples("scheduling_latency"));
        Assert.Empty(Samples("execution_latency"));
    }

    // The second turn comes with three events of the first, and one that is new.
    [Theory]
    [InlineData(100_000, "greet 0.001", "greet 0.00748", "greet,wave 0.005")]
    [InlineData(10_000, "greet 0.09", "greet 0.36", "greet,wave 0.05")]
    public async Task Work_items_are_measured_by_their_texts_and_near_the_limit_by_the_bytes_of_each_event(
        int limit, string first, string second, string activity)
    {
        Open(new EngineOptions(_app) { MaxHistoryBytes = limit, MaxPayloadBytes = limit, SizeOf = static _ => 900 });
        await BeginAsync(new StartRequest("a", "greet") { Input = new string('x', 46) });
        await AnswerAsync(new ScheduleTask(1, "wave") { Input = new string('x', 448) });
        Take();
        _worker.Complete([new ActivityResult("a", 1, new string('x', 52), null)]);
        Take();

        Assert.Equal([first, second], Samples("payload_size_ratio"));
        Assert.Equal([activity], Samples("activity_payload_size_ratio"));
    }

    [Fact]
    public async Task What_stalls_its_workflow_is_measured_too_but_no_activity_that_nothing_comes_of()
    {
        Open(new EngineOptions(_app) { MaxHistoryBytes = 1_000, MaxPayloadBytes = 1_000, SizeOf = static step => step is ExecutionStalled ? 0 : 300 });
        await BeginAsync(new StartRequest("a", "greet"));
        await AnswerAsync(new ScheduleTask(1, "wave"), new ScheduleTask(2, "wave") { Input = new string('x', 948) });
        Replace();
        await AnswerAsync(new ScheduleTask(1, "wave"), new CompleteWorkflow(3, RuntimeStatus.ContinuedAsNew));
        for (var i = 0; i < 3; i++) await _engine.RaiseAsync("a", "go", null, Deadline);
        Assert.False(_engine.Take(_worker, [], [], 16));

        Assert.Equal(["greet 0.3", "greet 0.3", "greet 1.2"], Samples("payload_size_ratio"));
        Assert.Equal(["greet,wave 0.052", "greet,wave 1"], Samples("activity_payload_size_ratio"));
    }

    [Fact]
    public async Task Without_a_limit_nothing_is_measured()
    {
        await BeginAsync(new StartRequest("a", "greet"));
        await AnswerAsync(new ScheduleTask(1, "wave"));

        Assert.Empty(Samples("payload_size_ratio"));
        Assert.Empty(Samples("activity_payload_size_ratio"));
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = string.Join(',', tags.ToArray().Select(tag => tag.Value));
        _measured.Enqueue((instrument.Name, string.Create(CultureInfo.InvariantCulture, $"{labels} {value}")));
    }

    private IEnumerable<string> Samples(string metric) =>
        _measured.Where(measured => measured.Metric == $"dapr_runtime_workflow_{metric}").Select(measured => measured.Sample);

    [MemberNotNull(nameof(_engine), nameof(_worker))]
    private void Open(EngineOptions options)
    {
        _engine = new WorkflowEngine(options, new InMemoryWorkflowStore(), _time);
        _worker = _engine.Connect(new WorkerOptions());
    }

    private void Wait(int seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private async Task BeginAsync(StartRequest request)
    {
        await _engine.StartAsync(Deadline);
        await _engine.StartAsync(request, Deadline);
        await _engine.FlushAsync();
        Take();
    }

    private void Take()
    {
        _turns.Clear();
        _activities.Clear();
        Assert.True(_engine.Take(_worker, _turns, _activities, 16));
    }

    /// <summary>The worker leaves, and another one takes what it had.</summary>
    private void Replace(int thenWait = 0)
    {
        _worker.Dispose();
        Wait(thenWait);
        _worker = _engine.Connect(new WorkerOptions());
        Take();
    }

    private async Task AnswerAsync(params WorkflowAction[] actions)
    {
        await _worker.CompleteAsync(new TurnResponse("a", actions) { Token = _turns[0].Token }, Deadline);
        await _engine.FlushAsync();
    }
}

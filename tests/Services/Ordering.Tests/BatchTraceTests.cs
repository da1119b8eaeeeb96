using System.Collections.Concurrent;
using System.Diagnostics;
using DaprOrders.ServiceDefaults;
using Xunit;

namespace DaprOrders.Ordering.Tests;

public sealed class BatchTraceTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> ended = new();
    private readonly ActivityListener listener;
    private readonly string name = $"batch {Guid.NewGuid()}";

    public BatchTraceTests()
    {
        listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "DaprOrders.Batches",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.OperationName == name) ended.Enqueue(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
    }

    [Fact]
    public async Task A_lone_items_call_is_part_of_its_trace()
    {
        Activity own;
        await using (var batch = Batch(_ => Task.CompletedTask)) own = await AddAsync(batch, 1); // its end waits for the span's

        var span = Assert.Single(ended);
        Assert.Equal((own.TraceId, own.SpanId), (span.TraceId, span.ParentSpanId));
    }

    [Fact]
    public async Task A_call_of_many_begins_its_own_trace_and_links_to_theirs_whoever_came_first()
    {
        var gate = new TaskCompletionSource();
        Activity[] owns;
        await using (var batch = Batch(items => items.Contains(0) ? gate.Task : Task.CompletedTask))
        {
            var first = AddAsync(batch, 0); // while it is under way the others gather
            var many = Enumerable.Range(1, 3).Select(i => AddAsync(batch, i)).ToArray();
            gate.SetResult();
            owns = [await first, .. await Task.WhenAll(many)];
        }

        var span = Assert.Single(ended, span => span.Links.Any());
        Assert.Equal(default, span.ParentSpanId);
        Assert.DoesNotContain(span.TraceId, owns.Select(own => own.TraceId));
        Assert.Subset(owns.Select(own => own.TraceId).ToHashSet(), span.Links.Select(link => link.Context.TraceId).ToHashSet());
    }

    public void Dispose() => listener.Dispose();

    private MicroBatch<int, int> Batch(Func<IReadOnlyList<int>, Task> call)
    {
        using var creator = new Activity("whoever needed it first").Start();
        return new(async items =>
        {
            await call(items);
            return items;
        }, parallel: 1, name: name);
    }

    private static async Task<Activity> AddAsync(MicroBatch<int, int> batch, int item)
    {
        using var own = new Activity($"order {item}").Start();
        await batch.AddAsync(item);
        return own;
    }
}

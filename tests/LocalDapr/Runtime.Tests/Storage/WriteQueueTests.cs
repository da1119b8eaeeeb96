using LocalDapr.Runtime.Storage;
using Xunit;

namespace LocalDapr.Runtime.Tests.Storage;

public sealed class WriteQueueTests : IDisposable
{
    private readonly WriteQueue<int> _queue = new(limit: 4);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task What_waits_is_taken_together_in_the_order_of_its_coming()
    {
        foreach (var i in new[] { 1, 2, 3 }) await _queue.AddAsync(i, Cancellation);

        Assert.Equal([1, 2, 3], _queue.Take());
    }

    [Fact]
    public async Task A_group_smaller_than_the_one_before_is_taken_after_a_moment()
    {
        foreach (var i in new[] { 1, 2, 3 }) await _queue.AddAsync(i, Cancellation);
        _queue.Take();

        await _queue.AddAsync(4, Cancellation);

        Assert.Equal([4], _queue.Take());
    }

    [Fact]
    public async Task A_taker_who_waits_is_woken_by_the_first_write()
    {
        var taken = Task.Run(_queue.Take, Cancellation);

        await _queue.AddAsync(7, Cancellation);

        Assert.Equal([7], await taken);
    }

    [Fact]
    public async Task A_full_queue_lets_the_next_writer_wait_until_there_is_room()
    {
        foreach (var i in new[] { 1, 2, 3, 4 }) await _queue.AddAsync(i, Cancellation);
        var fifth = _queue.AddAsync(5, Cancellation).AsTask();
        Assert.False(fifth.IsCompleted);

        Assert.Equal(4, _queue.Take().Count);

        await fifth;
        Assert.Equal([5], _queue.Take());
    }

    [Fact]
    public async Task Completed_it_gives_what_is_left_then_nothing_and_takes_no_more()
    {
        await _queue.AddAsync(1, Cancellation);
        _queue.Complete();

        Assert.Equal([1], _queue.Take());
        Assert.Empty(_queue.Take());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _queue.AddAsync(2, Cancellation).AsTask());
    }
}

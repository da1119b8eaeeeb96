using LocalDapr.Engine.History;
using LocalDapr.Engine.Storage;
using Xunit;

namespace LocalDapr.Engine.Tests.Storage;

/// <summary>What every workflow store must do. An implementation's fixture is one line.</summary>
public abstract class WorkflowStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IWorkflowStore Store { get; set; } = null!;

    public async ValueTask InitializeAsync() => Store = await CreateAsync();

    public abstract ValueTask DisposeAsync();

    protected abstract ValueTask<IWorkflowStore> CreateAsync();

    [Fact]
    public async Task An_instance_that_was_never_written_is_null() => Assert.Null(await Store.LoadAsync("nobody", Stop));

    [Fact]
    public async Task Records_come_back_by_rising_sequence_byte_for_byte()
    {
        await Store.AppendAsync([Begin("a", 1, 10), new StoreWrite("b", 1, Bytes(9)) { Begins = true }, Next("a", 2, 20)], Stop);
        await Store.AppendAsync([Next("a", 3, 30)], Stop);

        var records = await Store.LoadAsync("a", Stop);

        Assert.Equal([(1, 10), (2, 20), (3, 30)], records!.Select(record => ((int)record.Sequence, (int)record.Bytes.Span[0])));
    }

    [Fact]
    public async Task Truncating_drops_what_was_before()
    {
        await Store.AppendAsync([Begin("a", 1, 10), Next("a", 2, 20)], Stop);

        await Store.AppendAsync([Next("a", 3, 30) with { Truncates = true }], Stop);

        Assert.Equal([3L], (await Store.LoadAsync("a", Stop))!.Select(record => record.Sequence));
    }

    [Fact]
    public async Task Those_that_wake_within_a_time_come_soonest_first_and_those_that_never_wake_do_not()
    {
        await Store.AppendAsync(
            [
                Begin("now", 1, 1), Begin("late", 1, 1) with { WakesAt = Noon.AddHours(1) }, Begin("soon", 1, 1) with { WakesAt = Noon },
                Begin("never", 1, 1) with { WakesAt = DateTimeOffset.MaxValue }, Begin("ended", 1, 1),
            ],
            Stop);
        await Store.AppendAsync([Finish("ended", 2, RuntimeStatus.Completed, Noon)], Stop);

        Assert.Equal(["now", "soon", "late"], await UnfinishedAsync());
        Assert.Equal(["soon"], await WakingAsync(Noon, Noon.AddHours(1)));
        Assert.Equal(["late"], await WakingAsync(Noon.AddMilliseconds(1), DateTimeOffset.MaxValue));
    }

    [Fact]
    public async Task A_record_moves_the_time_to_wake_only_when_it_says_so()
    {
        await Store.AppendAsync([Begin("a", 1, 1) with { WakesAt = Noon }], Stop);
        await Store.AppendAsync([Next("a", 2, 2)], Stop);
        Assert.Equal(["a"], await WakingAsync(Noon, Noon.AddSeconds(1)));

        await Store.AppendAsync([Next("a", 3, 3) with { WakesAt = Noon.AddDays(1) }], Stop);

        Assert.Empty(await WakingAsync(DateTimeOffset.MinValue, Noon.AddSeconds(1)));
        Assert.Equal(["a"], await WakingAsync(Noon.AddDays(1), DateTimeOffset.MaxValue));
    }

    [Fact]
    public async Task Only_instances_without_an_end_are_unfinished_and_a_finished_one_can_begin_again()
    {
        await Store.AppendAsync([Begin("a", 1, 1), Begin("b", 1, 1), Begin("c", 1, 1)], Stop);
        await Store.AppendAsync([Finish("a", 2, RuntimeStatus.Completed, Noon), Finish("c", 2, RuntimeStatus.Failed, Noon)], Stop);
        Assert.Equal(["b"], await UnfinishedAsync());

        await Store.AppendAsync([Next("a", 3, 1) with { Begins = true, Truncates = true }], Stop);

        Assert.Equal(["a", "b"], await UnfinishedAsync());
        Assert.Empty(await Store.FinishedAsync(RuntimeStatus.Completed, Noon.AddDays(1), 10, Stop));
    }

    [Fact]
    public async Task Finished_instances_are_found_by_status_and_age_the_oldest_first()
    {
        await Store.AppendAsync([Begin("a", 1, 1), Begin("b", 1, 1), Begin("c", 1, 1), Begin("d", 1, 1)], Stop);
        await Store.AppendAsync(
            [
                Finish("a", 2, RuntimeStatus.Completed, Noon.AddMinutes(2)),
                Finish("b", 2, RuntimeStatus.Completed, Noon.AddMinutes(1)),
                Finish("c", 2, RuntimeStatus.Completed, Noon.AddMinutes(9)),
                Finish("d", 2, RuntimeStatus.Terminated, Noon),
            ],
            Stop);

        Assert.Equal(["b", "a"], await Store.FinishedAsync(RuntimeStatus.Completed, Noon.AddMinutes(5), 10, Stop));
        Assert.Equal(["b"], await Store.FinishedAsync(RuntimeStatus.Completed, Noon.AddMinutes(5), 1, Stop));
    }

    [Fact]
    public async Task A_purged_instance_leaves_nothing_behind()
    {
        await Store.AppendAsync([Begin("a", 1, 1), Begin("b", 1, 1), Finish("a", 2, RuntimeStatus.Completed, Noon)], Stop);

        await Store.AppendAsync([new StoreWrite("a", 3, ReadOnlyMemory<byte>.Empty) { Purges = true }], Stop);

        Assert.Null(await Store.LoadAsync("a", Stop));
        Assert.Equal(["b"], await Store.ListAsync(null, 10, Stop));
        Assert.Empty(await Store.FinishedAsync(RuntimeStatus.Completed, Noon.AddDays(1), 10, Stop));
    }

    [Fact]
    public async Task Listing_goes_page_by_page_in_ordinal_order()
    {
        await Store.AppendAsync([Begin("b", 1, 1), Begin("B", 1, 1), Begin("ä", 1, 1), Begin("a", 1, 1)], Stop);

        var first = await Store.ListAsync(null, 2, Stop);
        var second = await Store.ListAsync(first[^1], 10, Stop);

        Assert.Equal(["B", "a", "b", "ä"], first.Concat(second));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" a b ")]
    [InlineData("a||b%_'\"/\\#?*")]
    [InlineData("aä-名-💚")]
    [InlineData("line\nbreak")]
    [InlineData("nul\0l")]
    public async Task Any_text_is_an_id(string id)
    {
        await Store.AppendAsync([Begin(id, 1, 1), Begin("zz", 1, 1)], Stop);

        Assert.Equal([id, "zz"], await UnfinishedAsync());
        Assert.Equal([id, "zz"], await Store.ListAsync(null, 10, Stop));
        Assert.Equal(["zz"], await Store.ListAsync(id, 10, Stop));
        Assert.Single((await Store.LoadAsync(id, Stop))!);
    }

    private static StoreWrite Begin(string id, long sequence, byte content) => Next(id, sequence, content) with { Begins = true };

    private static StoreWrite Next(string id, long sequence, byte content) => new(id, sequence, Bytes(content));

    private static StoreWrite Finish(string id, long sequence, RuntimeStatus status, DateTimeOffset at) =>
        Next(id, sequence, 1) with { FinishedAs = status, FinishedAt = at };

    private static byte[] Bytes(byte content) => [content, 0, 255];

    private Task<List<string>> UnfinishedAsync() => WakingAsync(DateTimeOffset.MinValue, DateTimeOffset.MaxValue);

    private async Task<List<string>> WakingAsync(DateTimeOffset from, DateTimeOffset before)
    {
        var ids = new List<string>();
        await foreach (var id in Store.WakingAsync(from, before, Stop)) ids.Add(id);
        return ids;
    }
}

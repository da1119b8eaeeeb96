using System.Text;
using LocalDapr.Runtime.State;
using LocalDapr.Runtime.Storage;
using LocalDapr.Runtime.Tests.Actors;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LocalDapr.Runtime.Tests.State;

/// <summary>What every state store promises. A fixture is one line.</summary>
public abstract class StateStoreContract : IAsyncLifetime
{
    private readonly FakeTime _time = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("state-");
    private SqliteDatabase _database = null!;
    private SqliteStateStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _database = Open(_folder.FullName);
        _store = new SqliteStateStore(_database, "state", _time);
        await _store.OpenAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_value_comes_back_as_the_same_bytes_whether_text_or_binary()
    {
        byte[] binary = [0, 255, 1, 254];

        await _store.SetAsync(new StateSet("text", "{\"n\":1}"u8.ToArray()) { IsText = true }, Cancellation);
        await _store.SetAsync(new StateSet("binary", binary), Cancellation);

        Assert.Equal("{\"n\":1}", await TextAsync("text"));
        Assert.Equal(binary, (await _store.GetAsync("binary", Cancellation))!.Value.ToArray());
    }

    [Fact]
    public async Task Every_write_changes_the_etag_and_an_old_one_is_refused()
    {
        await _store.SetAsync(Text("k", "1"), Cancellation);
        var old = (await _store.GetAsync("k", Cancellation))!.ETag;
        await _store.SetAsync(Text("k", "2") with { ETag = old }, Cancellation);

        await Assert.ThrowsAsync<ETagMismatchException>(async () => await _store.SetAsync(Text("k", "3") with { ETag = old }, Cancellation));
        await Assert.ThrowsAsync<ETagMismatchException>(async () => await _store.DeleteAsync(new StateDelete("k") { ETag = old }, Cancellation));

        Assert.Equal("2", await TextAsync("k"));
    }

    [Fact]
    public async Task First_write_without_an_etag_inserts_only()
    {
        await _store.SetAsync(Text("once", "1") with { FirstWrite = true }, Cancellation);

        await Assert.ThrowsAsync<ETagMismatchException>(async () => await _store.SetAsync(Text("once", "2") with { FirstWrite = true }, Cancellation));

        Assert.Equal("1", await TextAsync("once"));
    }

    [Fact]
    public async Task An_expired_item_is_no_item_and_its_key_may_be_inserted_again()
    {
        await _store.SetAsync(Text("short", "1") with { TimeToLive = TimeSpan.FromSeconds(10) }, Cancellation);
        Assert.NotNull((await _store.GetAsync("short", Cancellation))!.ExpiresAt);

        _time.Advance(TimeSpan.FromSeconds(11));

        Assert.Null(await _store.GetAsync("short", Cancellation));
        await _store.SetAsync(Text("short", "2") with { FirstWrite = true }, Cancellation);
        Assert.Equal("2", await TextAsync("short"));
    }

    [Fact]
    public async Task A_transaction_whose_last_operation_is_refused_changes_nothing()
    {
        await _store.SetAsync(Text("a", "1"), Cancellation);

        await Assert.ThrowsAsync<ETagMismatchException>(async () => await _store.TransactAsync(
            [Text("a", "2"), new StateDelete("a"), Text("b", "1"), Text("c", "1") with { ETag = "stale" }],
            Cancellation));

        Assert.Equal("1", await TextAsync("a"));
        Assert.Null(await _store.GetAsync("b", Cancellation));
    }

    [Fact]
    public async Task A_bulk_read_answers_in_the_order_of_its_keys()
    {
        await _store.SetAsync(Text("x", "1"), Cancellation);
        await _store.SetAsync(Text("z", "3"), Cancellation);

        var items = await _store.GetManyAsync(["z", "y", "x"], Cancellation);

        Assert.Equal(["3", null, "1"], items.Select(i => i is null ? null : Encoding.UTF8.GetString(i.Value.Span)));
    }

    [Fact]
    public async Task Of_many_writers_with_one_etag_exactly_one_wins()
    {
        await _store.SetAsync(Text("race", "0"), Cancellation);
        var etag = (await _store.GetAsync("race", Cancellation))!.ETag;

        var outcomes = await Task.WhenAll(Enumerable.Range(1, 20).Select(async i =>
        {
            try
            {
                await _store.SetAsync(Text("race", i.ToString()) with { ETag = etag }, Cancellation);
                return true;
            }
            catch (ETagMismatchException)
            {
                return false;
            }
        }));

        Assert.Single(outcomes, won => won);
    }

    private protected abstract SqliteDatabase Open(string folder);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static StateSet Text(string key, string value) => new(key, Encoding.UTF8.GetBytes(value)) { IsText = true };

    private async Task<string?> TextAsync(string key) =>
        await _store.GetAsync(key, Cancellation) is { } item ? Encoding.UTF8.GetString(item.Value.Span) : null;
}

public sealed class InMemoryStateStoreTests : StateStoreContract
{
    private protected override SqliteDatabase Open(string folder) => SqliteDatabase.OpenInMemory(NullLogger.Instance);
}

public sealed class SqliteStateStoreTests : StateStoreContract
{
    private protected override SqliteDatabase Open(string folder) =>
        SqliteDatabase.OpenFile(Path.Combine(folder, "state.db"), NullLogger.Instance);
}

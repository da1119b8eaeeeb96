using System.Text;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using Microsoft.Data.Sqlite;
using Xunit;

namespace DaprOrders.Ordering.Tests;

public sealed class EventStoreTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("ordering-").FullName;
    private OrderEventStore store = null!;

    private string File => Path.Combine(folder, "ordering.db");

    public ValueTask InitializeAsync()
    {
        store = new OrderEventStore(File, new OrderWatch());
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_same_key_stores_one_order_and_gives_the_first_answer_however_many_ask_at_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => store.PlaceAsync("demo\nkey", "hash", Some.Order($"o{i}"), Encoding.UTF8.GetBytes($"answer {i}"))));

        Assert.Single(answers, answer => answer.IsNew);
        Assert.Single(answers.Select(answer => Encoding.UTF8.GetString(answer.Answer)).Distinct());
        Assert.Single(store.InOrderOfAcceptance(0, 100));
    }

    [Fact]
    public async Task A_step_that_is_carried_out_again_appends_nothing()
    {
        await PlaceAsync("o1");

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now)));

        Assert.Equal([1L, 2L], store.EventsOf("o1").Select(e => e.Version));
        Assert.Equal(2, store.Find("o1")!.View.Version);
    }

    [Fact]
    public async Task A_work_that_fails_is_undone_alone()
    {
        await PlaceAsync("o1");

        var failing = store.AppendAsync("nobody", _ => [], Some.Now);
        var fine = store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now);

        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        Assert.Equal(2, (await fine).View.Version);
    }

    [Fact]
    public async Task What_was_stored_is_there_when_the_file_is_opened_again()
    {
        await PlaceAsync("o1");
        await store.SetPublishedAsync(1);
        await store.DisposeAsync();

        store = new OrderEventStore(File, new OrderWatch());

        Assert.Equal("accepted", store.Find("o1")!.View.Status);
        Assert.Equal(1, store.Published());
        Assert.Equal("o1", Assert.Single(store.NotStarted(10)).View.OrderId);
    }

    [Fact]
    public async Task The_audit_sees_the_stream_itself_also_where_the_fold_says_otherwise()
    {
        await PlaceAsync("o1");
        await PlaceAsync("o2");
        await store.AppendAsync("o2", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now);
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var loss = connection.CreateCommand();
            loss.CommandText = "DELETE FROM order_events WHERE order_id = 'o2' AND version = 1";
            loss.ExecuteNonQuery();
        }

        var names = store.EventNames(0, 2);

        Assert.Equal(["accepted"], names["o1"]);
        Assert.Equal(["stock-reserved"], names["o2"]);
    }

    private Task<StoredAnswer> PlaceAsync(string id) => store.PlaceAsync($"demo\n{id}", "hash", Some.Order(id), [1]);
}

using DaprOrders.Ordering.EventStore;
using Xunit;

namespace DaprOrders.Ordering.Tests;

/// <summary>--migrate, which a hook of the chart runs before an upgrade, beside the running version before.</summary>
public sealed class MigrationTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("daprorders-migration").FullName;

    [Fact]
    public async Task It_is_safe_to_run_twice_and_keeps_every_order()
    {
        await using (var store = Some.Store(folder))
            await store.PlaceAsync("order-1", "key");

        Assert.Equal(0, await Migration.RunAsync(Some.Options(folder)));
        Assert.Equal(0, await Migration.RunAsync(Some.Options(folder)));

        await using var after = Some.Store(folder);
        Assert.NotNull(await after.FindAsync("order-1"));
    }

    [Fact]
    public async Task It_runs_beside_an_Ordering_that_serves()
    {
        await using var store = Some.Store(folder);

        Assert.Equal(0, await Migration.RunAsync(Some.Options(folder)));

        await store.PlaceAsync("order-1", "key");
        Assert.NotNull(await store.FindAsync("order-1"));
    }

    [Fact]
    public async Task It_fails_when_the_volume_cannot_be_used()
    {
        var file = Path.Combine(folder, "no-folder");
        await File.WriteAllTextAsync(file, "a file where the folder should be", TestContext.Current.CancellationToken);

        Assert.Equal(1, await Migration.RunAsync(Some.Options(file)));
    }

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }
}

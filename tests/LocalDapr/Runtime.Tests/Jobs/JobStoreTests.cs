using System.Diagnostics;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Jobs;
using LocalDapr.Runtime.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LocalDapr.Runtime.Tests.Jobs;

public sealed class JobStoreTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 10, 0, 0, TimeSpan.Zero);

    private readonly SqliteDatabase _database = SqliteDatabase.OpenInMemory(NullLogger.Instance);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_due_job_goes_to_one_of_those_who_ask_and_only_to_its_app()
    {
        var store = await OpenAsync("one", ProcessOwner.New());
        await store.SaveAsync(Due("a"), overwrite: false, Stop);

        Assert.Empty(await (await OpenAsync("other", ProcessOwner.New())).ClaimAsync(Now));
        Assert.Single(await store.ClaimAsync(Now));
        Assert.Empty(await (await OpenAsync("one", ProcessOwner.New())).ClaimAsync(Now));
    }

    [Fact]
    public async Task What_a_killed_process_was_running_is_due_again()
    {
        using var process = Process.Start("sleep", "60");
        var dead = await OpenAsync("app", ProcessOwner.New(process.Id));
        await dead.SaveAsync(Due("a"), overwrite: false, Stop);
        await dead.ClaimAsync(Now);
        var store = await OpenAsync("app", ProcessOwner.New());
        await store.ReleaseGoneAsync();
        Assert.Empty(await store.ClaimAsync(Now));

        process.Kill();
        await process.WaitForExitAsync(Stop);

        await store.ReleaseGoneAsync();
        Assert.Single(await store.ClaimAsync(Now));
    }

    [Fact]
    public async Task The_end_of_a_run_does_not_touch_the_job_that_has_replaced_its_own()
    {
        var store = await OpenAsync("app", ProcessOwner.New());
        await store.SaveAsync(Due("a"), overwrite: false, Stop);
        var old = Assert.Single(await store.ClaimAsync(Now));
        Assert.False(await store.SaveAsync(Due("a", version: 2), overwrite: false, Stop));
        Assert.True(await store.SaveAsync(Due("a", version: 2), overwrite: true, Stop));

        await store.SettleAsync(old, next: null);

        Assert.NotNull(store.Find("a"));
    }

    [Fact]
    public async Task Deleting_by_a_prefix_takes_it_literally()
    {
        var store = await OpenAsync("app", ProcessOwner.New());
        foreach (var name in (string[])["a%b", "axb", "b"]) await store.SaveAsync(Due(name), overwrite: false, Stop);

        await store.DeletePrefixAsync("a%", Stop);

        Assert.Equal(["axb", "b"], store.List().Select(job => job.Name));
    }

    private static StoredJob Due(string name, long version = 1) => new(new Job { Name = name, DueTime = "0s" }, version, Now, null);

    private async Task<JobStore> OpenAsync(string app, string owner)
    {
        var store = new JobStore(_database, app, owner);
        await store.OpenAsync(Stop);
        return store;
    }
}

using Xunit;

namespace DaprOrders.Services.Support;

internal static class Until
{
    /// <summary>Returns what is not null once there is something; fails with the name of what was waited for after 60 seconds.</summary>
    public static async Task<T> FoundAsync<T>(Func<Task<T?>> find, string what)
        where T : class
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
        var deadline = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(deadline) < TimeSpan.FromSeconds(60))
        {
            if (await find() is { } found) return found;
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        Assert.Fail($"in vain: {what}");
        return null!;
    }

    public static Task TrueAsync(Func<bool> condition, string what) => FoundAsync(() => Task.FromResult(condition() ? "yes" : null), what);
}

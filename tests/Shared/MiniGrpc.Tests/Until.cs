using System.Runtime.CompilerServices;
using Xunit;

namespace MiniGrpc.Tests;

internal static class Until
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits until it is true; fails the test when it does not become so.</summary>
    public static async Task TrueAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string? what = null)
    {
        using var limit = new CancellationTokenSource(s_patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!condition())
        {
            Assert.False(limit.IsCancellationRequested, $"After {s_patience} still not: {what}");
            await look.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until a number has not changed for a while, and brings it.</summary>
    public static async Task<long> StillAsync(Func<long> number)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var (last, same) = (-1L, 0);
        while (same < 10)
        {
            await look.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            var now = number();
            (last, same) = (now, now == last ? same + 1 : 0);
        }

        return last;
    }
}

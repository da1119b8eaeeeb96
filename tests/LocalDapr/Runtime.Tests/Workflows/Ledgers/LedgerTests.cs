using Xunit;

namespace LocalDapr.Runtime.Tests.Workflows.Ledgers;

public sealed class LedgerTests
{
    [Fact]
    public async Task What_was_acknowledged_holds_though_sidecar_and_workers_are_killed_at_random_under_load()
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        over.CancelAfter(TimeSpan.FromMinutes(5));
        await using var storm = new LedgerStorm(new StormOptions(Workflows: 300, Callers: 24, Kills: 10, Seed: 1), over.Token);

        var report = await storm.RunAsync();

        Assert.True(report.Verdict.Findings.Count == 0, $"{report}: {string.Join("; ", report.Verdict.Findings.Take(10))}");
        Assert.True(report.SidecarKills > 0, $"{report}");
    }
}

using LocalDapr.Runtime.Tests.Workflows.Ledgers;

// Workflows under load while sidecar and workers are killed with SIGKILL at random moments; every acknowledgement is noted outside and must
// hold at the end. Arguments: workflows (2000), callers (64), kills (60), seed (1), longest life of a process in ms (1500), workers (2),
// most items of a worker's connection (500).
int Argument(int index, int fallback) => args.Length > index ? int.Parse(args[index]) : fallback;

using var over = new CancellationTokenSource(TimeSpan.FromMinutes(30));
await using var storm = new LedgerStorm(
    new StormOptions(Argument(0, 2_000), Argument(1, 64), Argument(2, 60), Argument(3, 1))
    {
        LongestLife = TimeSpan.FromMilliseconds(Argument(4, 1_500)),
        Workers = Argument(5, 2),
        MostItems = Argument(6, 500),
    },
    over.Token);
var report = await storm.RunAsync();
Console.WriteLine(report);
foreach (var finding in report.Verdict.Findings.Take(50)) Console.WriteLine(finding);
return report.Verdict.Findings.Count == 0 ? 0 : 1;

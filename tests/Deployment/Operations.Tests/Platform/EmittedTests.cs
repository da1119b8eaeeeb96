using System.Text.RegularExpressions;
using DaprOrders.Operations.Tests.Queries;
using Xunit;

namespace DaprOrders.Operations.Tests.Platform;

/// <summary>No dashboard and no alert asks for what no service emits.</summary>
public sealed partial class EmittedTests(MeasuredShop shop) : IClassFixture<MeasuredShop>
{
    [Fact]
    public async Task Every_metric_and_label_of_dashboards_and_rules_is_emitted_by_a_running_service()
    {
        // What a service measures of the orders it was just told of may come a moment after the shop has opened.
        IReadOnlyList<string> absent = ["not asked yet"];
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var tries = 0; absent.Count > 0 && tries < 60; tries++)
        {
            if (tries > 0) await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            absent = AbsentFrom(LabelsByMetric((await shop.ScrapeAsync()).Values));
        }

        Assert.Empty(absent);
    }

    [Fact]
    public async Task Every_query_of_the_dashboards_gives_a_number_on_a_running_shop()
    {
        Tool.Find("prometheus");
        using var customer = await shop.CallerAsync("demo");
        var unanswered = Query.OfDashboards().ToList();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1)); // what is missing may need one scrape or one turn of the rules more
        for (var tries = 0; unanswered.Count > 0 && tries < 60; tries++)
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            await MeasuredShop.PlaceAsync(customer, $"sku-{tries + 1:000}"); // a rate is of something that happens
            var next = new List<Query>();
            foreach (var query in unanswered)
                if (await shop.AskAsync(PromQl.Filled(query.Text)) == 0) next.Add(query);
            unanswered = next;
        }

        Assert.Empty(unanswered);
    }

    [Fact]
    public async Task No_alert_fires_on_a_shop_that_is_well()
    {
        // What the rules call an alert at this moment, whether or not it has lasted long enough to be sent.
        foreach (var alert in Query.Rules().Where(rule => rule.Alert is "AuditFindings" or "OrdersStuck" or "SagasRestarted" or "OrdersParked" or "OutboxBacklog" or "DeadLetters" or "PaymentProviderDown" or "OrderAcceptanceErrors"))
            Assert.True(await shop.AskAsync(alert.Expression) == 0, $"{alert.Alert} fires on a healthy shop");
        // This one rightly, for as long as a machine that stalls leaves the scrape of a second unanswered.
        foreach (var alert in Query.Rules().Where(rule => rule.Alert is "ServiceDown"))
            await Services.Support.Until.FoundAsync(async () => await shop.AskAsync(alert.Expression) == 0 ? "quiet" : null, $"{alert.Alert} to be quiet on a healthy shop");
    }

    [Fact]
    public async Task Every_service_is_scraped()
    {
        Assert.Equal(["auditor", "customers", "gateway", "inventory", "notifications", "ordering", "payments"], (await shop.ScrapeAsync()).Keys.Order(StringComparer.Ordinal));
    }

    private static string[] AbsentFrom(Dictionary<string, HashSet<string>> emitted)
    {
        foreach (var record in Query.Rules().Where(rule => rule.Record.Length > 0)) emitted[record.Record] = [];
        emitted["up"] = []; // Prometheus' own
        return [.. Query.OfDashboards().Concat(Query.OfRules()).SelectMany(query => PromQl.NeededBy(PromQl.Filled(query.Text)).SelectMany(needed =>
            !emitted.TryGetValue(needed.Metric, out var labels) ? [$"{query.Place}: nobody emits {needed.Metric}"]
            : needed.Labels.Where(label => label is not ("job" or "instance") && !labels.Contains(label)).Select(label => $"{query.Place}: {needed.Metric} has no label {label}"))).Distinct()];
    }

    private static Dictionary<string, HashSet<string>> LabelsByMetric(IEnumerable<string> texts)
    {
        var found = new Dictionary<string, HashSet<string>>();
        foreach (Match line in texts.SelectMany(text => Line().Matches(text)))
        {
            if (!found.TryGetValue(line.Groups[1].Value, out var labels)) found[line.Groups[1].Value] = labels = [];
            foreach (Match label in Label().Matches(line.Groups[2].Value)) labels.Add(label.Groups[1].Value);
        }

        return found;
    }

    [GeneratedRegex(@"(?m)^([a-zA-Z_:][\w:]*)(\{.*\})? \S+$")]
    private static partial Regex Line();

    [GeneratedRegex("(\\w+)=\"")]
    private static partial Regex Label();
}

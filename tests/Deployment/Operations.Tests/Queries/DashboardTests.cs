using System.Text.Json;
using Xunit;

namespace DaprOrders.Operations.Tests.Queries;

/// <summary>Dashboards that Grafana takes as they are.</summary>
public sealed class DashboardTests
{
    [Fact]
    public void Every_dashboard_is_found_by_its_own_uid_and_takes_any_data_source()
    {
        var uids = new HashSet<string>();
        foreach (var file in Query.DashboardFiles)
        {
            using var dashboard = JsonDocument.Parse(File.ReadAllText(file));
            Assert.True(uids.Add(dashboard.RootElement.GetProperty("uid").GetString()!), file);
            var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToList();
            Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
            Assert.All(panels, panel => Assert.NotEmpty(panel.GetProperty("description").GetString()!));
            Assert.All(panels.SelectMany(panel => panel.GetProperty("targets").EnumerateArray()), target => Assert.Equal("${datasource}", target.GetProperty("datasource").GetProperty("uid").GetString()));
        }
    }

    [Fact]
    public async Task Every_query_of_the_dashboards_is_PromQL()
    {
        var promtool = Tool.Find("promtool");
        var file = Path.GetTempFileName();
        try
        {
            var rules = Query.OfDashboards().Select((query, i) => $"  - record: panel:query:{i}\n    expr: {JsonSerializer.Serialize(PromQl.Filled(query.Text))}\n");
            await File.WriteAllTextAsync(file, "groups:\n- name: panels\n  rules:\n" + string.Concat(rules), TestContext.Current.CancellationToken);

            var (code, output) = await Tool.RunAsync(promtool, "check", "rules", file);

            Assert.True(code == 0, output);
        }
        finally
        {
            File.Delete(file);
        }
    }
}

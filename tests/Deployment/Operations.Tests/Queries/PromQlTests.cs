using Xunit;

namespace DaprOrders.Operations.Tests.Queries;

public sealed class PromQlTests
{
    [Theory]
    [InlineData("sum(rate(a_total[5m]))", "a_total")]
    [InlineData("sum by (job, le) (rate(a_bucket{x=\"y, z=1\", le=\"0.1\"}[5m])) > 0.5", "a_bucket:x,le,job,le")]
    [InlineData("1 - (a:b:c_rate5m or vector(0)) / (14.4 * 0.001)", "a:b:c_rate5m")]
    [InlineData("a > bool 1 and on (job) b unless c{d!=\"\"} offset 5m", "a:job;b:job;c:d,job")]
    [InlineData("predict_linear(a[1h], 4 * 3600) > 2 * a and a > 268435456", "a;a;a")]
    [InlineData("sum by (x) (a_total) or 0 * sum by (y) (b)", "a_total:x;b:y")]
    [InlineData("topk(10, histogram_quantile(0.99, sum by (le) (rate(a_bucket[1m]))))", "a_bucket:le")]
    public void Metrics_and_labels_are_found(string query, string expected)
    {
        Assert.Equal(expected, string.Join(';', PromQl.NeededBy(query).Select(n => n.Labels.Count == 0 ? n.Metric : $"{n.Metric}:{string.Join(',', n.Labels)}")));
    }
}

using System.Text.Json;
using LocalDapr.Runtime.PubSub.Routing;
using Xunit;

namespace LocalDapr.Runtime.Tests.PubSub;

public sealed class CelExpressionTests
{
    private static readonly JsonElement Order = JsonDocument.Parse("""
        { "type": "order.created", "tenant": "acme-eu", "data": { "total": 60, "region": "eu", "tags": ["a", "b"], "paid": true } }
        """).RootElement;

    [Theory]
    [InlineData("event.type == \"order.created\"", true)]
    [InlineData("event.type != 'order.created'", false)]
    [InlineData("event.data.total > 50 && event.data.total <= 60", true)]
    [InlineData("event.data.total * 2 + 1 == 121", true)]
    [InlineData("event.data.region in [\"eu\", \"uk\"]", true)]
    [InlineData("!(event.data.paid) || event.data.tags[1] == 'b'", true)]
    [InlineData("has(event.tenant) && event.tenant.startsWith('acme')", true)]
    [InlineData("has(event.data.missing)", false)]
    [InlineData("size(event.data.tags) == 2 ? event.tenant.endsWith('eu') : false", true)]
    [InlineData("event.tenant.matches('^acme-[a-z]+$')", true)]
    [InlineData("event.missing == 1 || event.type.contains('order')", true)]
    public void A_rule_matches_as_CEL_says(string rule, bool matches) => Assert.Equal(matches, CelExpression.Compile(rule).Matches(Order));

    [Theory]
    [InlineData("event.data.missing > 10")]
    [InlineData("event.type > 10")]
    [InlineData("event.type")]
    public void A_rule_that_cannot_be_evaluated_is_an_error_and_no_mismatch(string rule) =>
        Assert.Throws<CelException>(() => CelExpression.Compile(rule).Matches(Order));

    [Theory]
    [InlineData("event.type ==")]
    [InlineData("other.type == 'a'")]
    [InlineData("event.type.explode()")]
    [InlineData("event.type == 'a")]
    public void What_is_no_rule_is_refused_when_it_is_compiled(string rule) => Assert.Throws<CelException>(() => CelExpression.Compile(rule));
}

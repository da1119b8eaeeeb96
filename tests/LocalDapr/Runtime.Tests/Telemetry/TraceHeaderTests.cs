using LocalDapr.Runtime.Telemetry.Traces;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace LocalDapr.Runtime.Tests.Telemetry;

public sealed class TraceHeaderTests
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public void The_binary_form_of_a_trace_reads_back_as_the_same_and_counts_before_the_text()
    {
        var headers = new HeaderDictionary
        {
            ["traceparent"] = "00-11111111111111111111111111111111-2222222222222222-00", [BinaryTrace.Header] = BinaryTrace.Of(Parent),
        };

        Assert.Equal(Parent, BinaryTrace.ParentOf(headers));
    }

    [Theory]
    [InlineData("")]
    [InlineData("AA")]
    [InlineData("no base 64")]
    [InlineData("AQAK92UZFs1D3YRI6yEcgDGcAbetZXFpIDMxAgE")]
    public void A_binary_form_that_cannot_be_read_leaves_the_text(string binary)
    {
        Assert.Equal(Parent, BinaryTrace.ParentOf(new HeaderDictionary { ["traceparent"] = Parent, [BinaryTrace.Header] = binary }));
    }

    [Theory]
    [InlineData("a=1")]
    [InlineData("a=1,b = two%20words;property=x ;y")]
    [InlineData("key=")]
    public void Baggage_goes_back_to_the_caller_exactly_as_it_came(string baggage)
    {
        var response = new HeaderDictionary();

        Assert.True(Baggage.TryPass(new HeaderDictionary { ["baggage"] = baggage }, response, out _));
        Assert.Equal(baggage, response["baggage"]);
    }

    [Theory]
    [InlineData("no pair")]
    [InlineData("a=1,,b=2")]
    [InlineData("=1")]
    [InlineData("a b=1")]
    [InlineData("a=b\\c")]
    public void What_is_no_baggage_is_refused(string baggage)
    {
        Assert.False(Baggage.TryPass(new HeaderDictionary { ["baggage"] = baggage }, new HeaderDictionary(), out var why));
        Assert.NotEmpty(why);
    }

    [Fact]
    public void Baggage_has_limits()
    {
        Assert.NotNull(Baggage.FaultOf("a=" + new string('x', 9_000)));
        Assert.NotNull(Baggage.FaultOf(string.Join(',', Enumerable.Range(0, 181).Select(i => $"k{i}=v"))));
        Assert.Null(Baggage.FaultOf(string.Join(',', Enumerable.Range(0, 180).Select(i => $"k{i}=v"))));
    }
}

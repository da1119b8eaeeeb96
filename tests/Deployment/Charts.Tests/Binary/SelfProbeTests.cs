using DaprOrders.ServiceDefaults;
using Xunit;

namespace Charts.Tests.Binary;

/// <summary>--health of the services' own binary: what a container without a shell is asked with.</summary>
public sealed class SelfProbeTests
{
    [Fact]
    public async Task It_ends_with_0_when_the_service_says_that_it_is_well()
    {
        await using var shop = await Shopfront.OpenAsync();

        Assert.Equal(0, SelfProbe.Run($"{shop.Address}/health/ready", _ => null, TextWriter.Null));
    }

    [Theory, InlineData("/health/down", "answers 503"), InlineData("/nowhere", "answers 404")]
    public async Task It_ends_with_1_and_says_why_when_it_is_not(string path, string why)
    {
        await using var shop = await Shopfront.OpenAsync();
        var errors = new StringWriter();

        Assert.Equal(1, SelfProbe.Run(shop.Address + path, _ => null, errors));
        Assert.Contains(why, errors.ToString());
    }

    [Theory, InlineData("http://127.0.0.1:1/health/live"), InlineData("not an address"), InlineData("ftp://127.0.0.1/")]
    public void It_ends_with_1_when_nobody_can_be_asked(string url)
    {
        var errors = new StringWriter();

        Assert.Equal(1, SelfProbe.Run(url, _ => null, errors));
        Assert.StartsWith(url, errors.ToString());
    }

    [Theory, InlineData("APP_PORT"), InlineData("DAPRORDERS_PORT"), InlineData("PAYMENT_PROVIDER_PORT")]
    public void Without_an_address_it_asks_at_the_port_of_its_environment(string variable)
    {
        var errors = new StringWriter();

        Assert.Equal(1, SelfProbe.Run(null, name => name == variable ? "1" : null, errors));
        Assert.StartsWith("http://127.0.0.1:1/health/live", errors.ToString());
    }
}

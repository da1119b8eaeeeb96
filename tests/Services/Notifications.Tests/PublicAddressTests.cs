using System.Net;
using DaprOrders.Notifications.Webhooks;
using DaprOrders.ServiceDefaults;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace DaprOrders.Notifications.Tests;

/// <summary>Where the shop calls and how long it goes on trying.</summary>
public sealed class PublicAddressTests
{
    [Theory]
    [InlineData("8.8.8.8"), InlineData("193.99.144.80"), InlineData("172.15.0.1"), InlineData("172.32.0.1"), InlineData("100.128.0.1"), InlineData("2a00:1450:4001:81a::200e")]
    public void An_address_of_the_internet_is_public(string address) => Assert.True(PublicAddress.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("127.0.0.1"), InlineData("127.8.8.8"), InlineData("0.0.0.0"), InlineData("10.1.2.3"), InlineData("172.16.0.1"), InlineData("172.31.255.255"), InlineData("192.168.1.1")]
    [InlineData("169.254.169.254"), InlineData("100.64.0.1"), InlineData("198.18.0.1"), InlineData("224.0.0.1"), InlineData("255.255.255.255"), InlineData("203.0.113.7")]
    [InlineData("::1"), InlineData("::"), InlineData("::ffff:10.0.0.1"), InlineData("::ffff:127.0.0.1"), InlineData("::127.0.0.1"), InlineData("fe80::1"), InlineData("fd00::1"), InlineData("ff02::1")]
    [InlineData("64:ff9b::7f00:1"), InlineData("2002:7f00:1::1"), InlineData("2001:0:1::1"), InlineData("2001:db8::1"), InlineData("fec0::1")]
    public void Everything_else_is_not(string address) => Assert.False(PublicAddress.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public void Pauses_grow_and_the_last_try_is_at_the_end_of_the_time()
    {
        var givingUp = new GivingUp(new ConfigurationBuilder().Build(), new Somewhere("Development"));
        var since = TimeSpan.Zero;
        var pauses = new List<double>();
        for (var tries = 1; givingUp.PauseAfter(tries, since) is { } pause; tries++)
        {
            pauses.Add(pause.TotalSeconds);
            since += pause;
        }

        Assert.Equal([0.5, 1, 2, 4, 8, 4.5], pauses);
    }

    [Fact]
    public void In_production_it_goes_on_for_an_hour_at_least_once_a_minute()
    {
        var givingUp = new GivingUp(new ConfigurationBuilder().Build(), new Somewhere("Production"));

        Assert.Equal(TimeSpan.FromHours(1), givingUp.After);
        Assert.Equal(TimeSpan.FromMinutes(1), givingUp.PauseAfter(40, TimeSpan.FromMinutes(30)));
    }

    private sealed class Somewhere(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;

        public string ApplicationName { get; set; } = "test";

        public string ContentRootPath { get; set; } = "";

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}

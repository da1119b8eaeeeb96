using LocalDapr.Runtime.Middleware;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace LocalDapr.Runtime.Tests.Middleware;

public sealed class CorsTests
{
    [Theory]
    [InlineData("*", "https://a.example", "*")]
    [InlineData("https://a.example, https://b.example", "https://b.example", "https://b.example")]
    [InlineData("https://*.example", "https://shop.example", "https://shop.example")]
    [InlineData("https://a.example", "https://evil.example", null)]
    [InlineData("https://*.example", "https://shop.example.evil", null)]
    [InlineData("*", null, null)]
    public async Task A_page_may_call_when_its_origin_is_allowed(string allowed, string? origin, string? answered)
    {
        var (context, reached) = await AskAsync(allowed, "GET", origin, asks: null);

        Assert.True(reached);
        Assert.Equal(answered, (string?)context.Response.Headers.AccessControlAllowOrigin);
        Assert.Equal("Origin", context.Response.Headers.Vary);
    }

    [Theory]
    [InlineData("https://a.example", "PUT", "PUT")]
    [InlineData("https://a.example", "TRACE", null)]
    [InlineData("https://evil.example", "PUT", null)]
    public async Task What_a_browser_asks_beforehand_is_answered_here(string origin, string asks, string? answered)
    {
        var (context, reached) = await AskAsync("https://a.example", "OPTIONS", origin, asks);

        Assert.False(reached);
        Assert.Equal(200, context.Response.StatusCode);
        Assert.Equal(answered, (string?)context.Response.Headers.AccessControlAllowMethods);
        Assert.Equal(answered is null ? null : "x-mine", (string?)context.Response.Headers.AccessControlAllowHeaders);
    }

    [Fact]
    public async Task Another_OPTIONS_is_a_call_like_any() => Assert.True((await AskAsync("*", "OPTIONS", "https://a.example", asks: null)).Reached);

    [Fact]
    public void Without_origins_there_is_no_such_rule() => Assert.Null(Cors.Of(""));

    private static async Task<(HttpContext Context, bool Reached)> AskAsync(string allowed, string method, string? origin, string? asks)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Headers.Origin = origin;
        context.Request.Headers.AccessControlRequestMethod = asks;
        context.Request.Headers.AccessControlRequestHeaders = "x-mine";
        var reached = false;
        await Cors.Of(allowed)!.FollowAsync(context, _ =>
        {
            reached = true;
            return Task.CompletedTask;
        });
        return (context, reached);
    }
}

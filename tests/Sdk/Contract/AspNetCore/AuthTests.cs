using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Sdk.Contract.AspNetCore;

public sealed class AuthTests
{
    [Theory]
    [InlineData("right", HttpStatusCode.OK)]
    [InlineData("wrong", HttpStatusCode.Unauthorized)]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    public async Task Only_a_sidecar_with_the_apps_token_gets_in(string? token, HttpStatusCode expected)
    {
        await using var app = await WebApp.StartAsync(
            builder =>
            {
                builder.Services.AddAuthentication().AddDapr(options => options.Token = "right");
                builder.Services.AddAuthorization(options => options.AddDapr());
            },
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapGet("/guarded", () => "in").RequireAuthorization("Dapr");
            });
        using var request = new HttpRequestMessage(HttpMethod.Get, "guarded");
        if (token is not null) request.Headers.Add("Dapr-Api-Token", token);

        using var answer = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(expected, answer.StatusCode);
    }
}

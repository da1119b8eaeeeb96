using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace LocalDapr.Runtime.Tests.Hosting;

public sealed class ExactRoutesTests
{
    private static readonly string secrets = OneSidecar.Component("vault", "secretstores.local.env");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/v1.0/METADATA")]
    [InlineData("GET", "/V1.0/metadata")]
    [InlineData("GET", "/v1.0/Healthz")]
    [InlineData("POST", "/v1.0/Actors/cat/1/method/x")]
    [InlineData("GET", "/v1.0/State/store/key")]
    [InlineData("GET", "/v1.0/Workflows/dapr/x")]
    [InlineData("POST", "/v1.0/workflows/dapr/x/Pause")]
    public async Task A_path_in_other_letters_is_no_route_of_Daprs(string verb, string path)
    {
        await using var one = await OneSidecar.StartAsync();

        using var request = new HttpRequestMessage(HttpMethod.Parse(verb), path);
        using var answer = await one.Http.SendAsync(request, Stop);

        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Stop));
        Assert.Equal((HttpStatusCode.NotFound, "ERR_DIRECT_INVOKE"), (answer.StatusCode, body.RootElement.GetProperty("errorCode").GetString()));
    }

    [Fact]
    public async Task A_path_in_other_letters_may_be_one_of_the_app()
    {
        await using var one = await OneSidecar.StartAsync(context => context.Response.WriteAsync(context.Request.Path, Stop));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1.0/METADATA") { Headers = { { "dapr-app-id", "app" } } };

        using var answer = await one.Http.SendAsync(request, Stop);

        Assert.Equal("/v1.0/METADATA", await answer.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task Names_in_a_path_keep_their_letters()
    {
        Environment.SetEnvironmentVariable("BULK", "one");
        await using var one = await OneSidecar.StartAsync(null, null, secrets);

        var answer = await one.Http.GetStringAsync(new Uri("/v1.0/secrets/vault/BULK", UriKind.Relative), Stop);

        Assert.Equal("""{"BULK":"one"}""", answer);
    }
}

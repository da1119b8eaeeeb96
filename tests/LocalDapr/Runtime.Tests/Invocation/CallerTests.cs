using System.Net;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LocalDapr.Runtime.Tests.Invocation;

/// <summary>Whose call it is, is what the calling sidecar proves: a header proves nothing.</summary>
public sealed class CallerTests
{
    private const string OnlyShop = """
          accessControl:
            defaultAction: deny
            trustDomain: public
            policies: [{appId: shop, trustDomain: public, namespace: default, defaultAction: allow}]
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("shop", HttpStatusCode.OK)]
    [InlineData("stranger", HttpStatusCode.Forbidden)]
    public async Task A_sidecar_of_another_process_is_known_by_its_secret(string caller, HttpStatusCode expected)
    {
        await using var one = await OneSidecar.StartAsync(context => context.Response.WriteAsync(Seen(context), Stop), OnlyShop);
        await using var other = await OtherAsync(one, caller);

        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{other.Sidecar.HttpPort}/v1.0/invoke/app/method/x");
        request.Headers.Add("dapr-caller-app-id", "shop");
        request.Headers.Add("dapr-caller-namespace", "default");
        using var answer = await one.Http.SendAsync(request, Stop);

        Assert.Equal(expected, answer.StatusCode);
        if (expected == HttpStatusCode.OK) Assert.Equal("shop, shop|", await answer.Content.ReadAsStringAsync(Stop));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    public async Task Who_claims_to_be_an_app_without_its_sidecars_secret_has_the_default_action(string? secret)
    {
        await using var one = await OneSidecar.StartAsync(context => context.Response.WriteAsync("reached", Stop), OnlyShop);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{one.Sidecar.InternalPort}/x");
        request.Headers.Add("dapr-caller-app-id", "shop");
        request.Headers.Add("dapr-caller-namespace", "default");
        if (secret is not null) request.Headers.Add("localdapr-sidecar", secret);

        using var forged = await one.Http.SendAsync(request, Stop);

        Assert.Equal("403", forged.Headers.GetValues("localdapr-refusal").Single());
    }

    [Fact]
    public async Task An_app_that_names_another_in_a_call_to_itself_is_not_taken_for_it()
    {
        await using var one = await OneSidecar.StartAsync(context => context.Response.WriteAsync("reached", Stop), OnlyShop);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1.0/invoke/app/method/x") { Headers = { { "dapr-caller-app-id", "stranger" } } };

        using var answer = await one.Http.SendAsync(request, Stop);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task The_file_of_the_names_is_for_its_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("files have no Unix mode here");
            return;
        }
        await using var one = await OneSidecar.StartAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(one.Folder, "names.db")));
    }

    private static string Seen(HttpContext context) =>
        $"{string.Join(',', context.Request.Headers["dapr-caller-app-id"].ToArray())}|{context.Request.Headers["localdapr-sidecar"]}";

    private static async Task<Other> OtherAsync(OneSidecar one, string appId)
    {
        var host = new RuntimeHost(NullLoggerFactory.Instance);
        var sidecar = new Sidecar(host, new SidecarOptions { AppId = appId, HttpPort = 0, GrpcPort = 0, ConfigFiles = [Path.Combine(one.Folder, "config.yaml")] });
        await sidecar.StartAsync();
        await sidecar.Ready.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        return new Other(host, sidecar);
    }

    private sealed record Other(RuntimeHost Host, Sidecar Sidecar) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}

using System.Security.Cryptography;
using DaprOrders.Gateway.Tests.Running;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace DaprOrders.Gateway.Tests.Edge;

public sealed class KeyRotationTests(RunningGateway gateway) : IClassFixture<RunningGateway>
{
    private const string Path = "/orders/order-1";
    private static readonly TimeSpan RefreshesAfter = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task New_keys_count_at_once_and_withdrawn_ones_no_more()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(Reply.Json(Some.Order(), 200, ("ETag", "\"6\"")));
        var old = gateway.Customer("before");
        Assert.Equal(200, (await gateway.SendAsync("GET", Path, old)).Status);

        gateway.Time.Advance(RefreshesAfter);
        var notYetSeen = gateway.Customer("signed-before-the-change");
        gateway.Issuer.Rotate();
        Assert.Equal(200, (await gateway.SendAsync("GET", Path, gateway.Customer("after"))).Status);
        Assert.Equal(200, (await gateway.SendAsync("GET", Path, notYetSeen)).Status);
        Assert.Equal(200, (await gateway.SendAsync("GET", Path, old)).Status);

        gateway.Time.Advance(RefreshesAfter);
        var tooLate = gateway.Customer("signed-with-a-key-to-be-withdrawn");
        gateway.Issuer.Rotate();
        gateway.Issuer.WithdrawOldKeys();
        Assert.Equal(200, (await gateway.SendAsync("GET", Path, gateway.Customer("later"))).Status);
        (await gateway.SendAsync("GET", Path, tooLate)).MustBe(401, "unauthenticated");
    }

    [Fact]
    public async Task Tokens_of_unknown_keys_do_not_make_the_Gateway_ask_for_keys_each_time()
    {
        gateway.Sidecar.Answers(Reply.Json(Some.Order(), 200, ("ETag", "\"6\"")));
        Assert.Equal(200, (await gateway.SendAsync("GET", Path, gateway.Customer())).Status);
        gateway.Time.Advance(RefreshesAfter);
        gateway.Sidecar.Forget();
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var begun = TimeProvider.System.GetTimestamp();

        for (var i = 0; i < 10; i++)
        {
            var credentials = new SigningCredentials(new ECDsaSecurityKey(foreign) { KeyId = $"unknown-{i}" }, SecurityAlgorithms.EcdsaSha256);
            Assert.Equal(401, (await gateway.SendAsync("GET", Path, gateway.Issuer.Token("demo", "customer", DateTime.UtcNow.AddHours(1), credentials: credentials))).Status);
        }

        Assert.InRange(gateway.Sidecar.All.Count, 1, 2 + (int)(TimeProvider.System.GetElapsedTime(begun) / TimeSpan.FromSeconds(5))); // 1, and one for each 5 s that a slow machine takes for this
    }

    [Fact]
    public async Task While_the_issuer_is_away_known_tokens_go_on_and_new_keys_are_503()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(Reply.Json(Some.Order(), 200, ("ETag", "\"6\"")));
        var known = gateway.Customer();
        Assert.Equal(200, (await gateway.SendAsync("GET", Path, known)).Status);
        gateway.Time.Advance(RefreshesAfter);
        gateway.Issuer.Rotate();
        gateway.Issuer.IsThere = false;

        var unknown = await gateway.SendAsync("GET", Path, gateway.Customer("of a new key"));
        var stillKnown = await gateway.SendAsync("GET", Path, known);
        gateway.Issuer.IsThere = true;

        unknown.MustBe(503, "unavailable");
        Assert.Equal(200, stillKnown.Status);
    }
}

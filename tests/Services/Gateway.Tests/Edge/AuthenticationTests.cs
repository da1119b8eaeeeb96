using System.Security.Cryptography;
using System.Text;
using DaprOrders.Gateway.Tests.Running;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace DaprOrders.Gateway.Tests.Edge;

public sealed class AuthenticationTests(RunningGateway gateway) : IClassFixture<RunningGateway>
{
    private const string Path = "/orders/order-1";

    [Fact]
    public async Task A_valid_token_says_who_asks()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(OrderReply());

        var answer = await gateway.SendAsync("GET", Path, gateway.Customer("ann"));

        Assert.Equal(200, answer.Status);
        Assert.Equal("ann", gateway.Sidecar.Last.Headers["x-daprorders-subject"]);
        Assert.Equal("customer", gateway.Sidecar.Last.Headers["x-daprorders-role"]);
    }

    [Fact]
    public async Task Every_operation_asks_for_a_token_exactly_when_the_document_says_so()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(Reply.Of(ServiceDefaults.Problems.Unavailable("not asked for here")));

        foreach (var (path, verb, operation) in gateway.Contract.Operations)
        {
            var needsOne = !operation.TryGetProperty("security", out var security);
            var isOpen = !needsOne && (security.GetArrayLength() == 0 || security[0].EnumerateObject().All(_ => false));
            Assert.True(needsOne || isOpen, $"{verb} {path}: neither closed nor open");

            var answer = await gateway.SendAsync(verb, path.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal));

            Assert.True(needsOne == (answer.Status == 401), $"{verb} {path}: {answer.Status}");
            if (needsOne) Assert.Equal("Bearer", answer.Headers["WWW-Authenticate"]);
        }
    }

    public static TheoryData<string, string> Worthless => new()
    {
        { "no scheme", "abc" }, { "another scheme", "Basic ZGVtbzpkZW1v" }, { "an empty token", "Bearer " }, { "no token at all", "Bearer not-a-token" }, { "three dots", "Bearer a.b.c" },
    };

    [Theory]
    [MemberData(nameof(Worthless))]
    public async Task A_garbled_Authorization_is_refused(string what, string authorization)
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(OrderReply());
        var request = RunningGateway.Request("GET", Path);
        request.Headers.TryAddWithoutValidation("Authorization", authorization);

        var answer = await gateway.SendAsync(request);

        Assert.True(answer.Status == 401, what);
        Assert.DoesNotContain(gateway.Sidecar.All, one => one.App == "ordering");
    }

    [Fact]
    public async Task A_token_that_is_foreign_or_says_too_little_is_refused()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(OrderReply());
        var soon = DateTime.UtcNow.AddHours(1);
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var foreignKey = new SigningCredentials(new ECDsaSecurityKey(foreign) { KeyId = "key-1" }, SecurityAlgorithms.EcdsaSha256);
        var secret = new SigningCredentials(new SymmetricSecurityKey(Encoding.ASCII.GetBytes("a-secret-of-thirty-two-characters")) { KeyId = "key-1" }, SecurityAlgorithms.HmacSha256);
        var good = gateway.Customer();
        (string What, string Token)[] refused =
        [
            ("issuer", gateway.Issuer.Token("demo", "customer", soon, issuer: "https://elsewhere.example")),
            ("audience", gateway.Issuer.Token("demo", "customer", soon, audience: "another-shop")),
            ("key of the same id", gateway.Issuer.Token("demo", "customer", soon, credentials: foreignKey)),
            ("symmetric key", gateway.Issuer.Token("demo", "customer", soon, credentials: secret)),
            ("no signature", good[..(good.LastIndexOf('.') + 1)]),
            ("another's payload", Spliced(good, gateway.Customer("ann"))),
            ("no end", gateway.Issuer.Token("demo", "customer", expires: null)),
            ("no subject", gateway.Issuer.Token(null, "customer", soon)),
            ("no role", gateway.Issuer.Token("demo", null, soon)),
            ("unknown role", gateway.Issuer.Token("demo", "admin", soon)),
            ("long expired", gateway.Issuer.Token("demo", "customer", DateTime.UtcNow.AddSeconds(-6))),
        ];

        foreach (var (what, token) in refused)
        {
            var answer = await gateway.SendAsync("GET", Path, token);
            Assert.True(answer.Status == 401, $"{what}: {answer.Status} {answer.Text} {token}");
        }

        Assert.DoesNotContain(gateway.Sidecar.All, one => one.App == "ordering");
    }

    [Fact]
    public async Task A_token_that_was_good_is_refused_at_most_5_seconds_after_its_end()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(OrderReply());
        var end = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 2); // as the token has it: whole seconds
        var token = gateway.Issuer.Token("demo", "customer", end.UtcDateTime);

        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var accepted = 0;
        while (true)
        {
            var asked = DateTimeOffset.UtcNow;
            if ((await gateway.SendAsync("GET", Path, token)).Status == 401) break;
            accepted++;
            Assert.True(asked < end.AddSeconds(5), $"accepted {asked - end} after its end");
            await tick.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        Assert.True(DateTimeOffset.UtcNow >= end, "refused before its end");
        Assert.True(accepted > 0 || DateTimeOffset.UtcNow > end, "never accepted");
    }

    private static Reply OrderReply() => Reply.Json(Some.Order(), 200, ("ETag", "\"6\""));

    private static string Spliced(string token, string other)
    {
        var (parts, others) = (token.Split('.'), other.Split('.'));
        return $"{parts[0]}.{others[1]}.{parts[2]}";
    }
}

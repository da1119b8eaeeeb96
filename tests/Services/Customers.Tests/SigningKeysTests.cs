using System.Text.Json.Nodes;
using DaprOrders.Customers.Profiles;
using DaprOrders.Customers.Tokens;
using Xunit;

namespace DaprOrders.Customers.Tests;

/// <summary>Keys are kept, and rotate so that every living token can be checked at every moment.</summary>
public sealed class SigningKeysTests : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);
    private readonly string folder = Directory.CreateTempSubdirectory("daprorders-keys").FullName;
    private readonly SetTime time = new(DateTimeOffset.UtcNow);

    [Fact]
    public void The_key_is_the_same_after_a_restart()
    {
        using var first = Open();
        using var second = Open();

        Assert.Equal(first.Credentials.Key.KeyId, second.Credentials.Key.KeyId);
        Assert.Equal(first.Jwks, second.Jwks);
    }

    [Fact]
    public void The_private_part_is_never_in_the_published_keys()
    {
        using var keys = Open();

        Assert.DoesNotContain("\"d\"", System.Text.Encoding.UTF8.GetString(keys.Jwks), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_owner_may_read_the_key_files()
    {
        if (OperatingSystem.IsWindows()) return;
        using var keys = Open();
        time.Now += Lifetime;
        keys.Tend();

        Assert.Equal(2, Directory.GetFiles(folder).Length);
        foreach (var file in Directory.GetFiles(folder)) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void A_new_key_is_published_before_it_signs_and_the_old_one_until_its_last_token_has_ended()
    {
        using var keys = Open();
        var old = Signing(keys);
        time.Now += Lifetime;
        keys.Tend();

        var both = Ids(keys);
        Assert.Equal(2, both.Count);
        Assert.Equal(old, Signing(keys));
        time.Now += SigningKeys.PublishedBefore;
        Assert.NotEqual(old, Signing(keys));
        time.Now += SigningKeys.PublishedAfter - TimeSpan.FromSeconds(1);
        keys.Tend();
        Assert.Equal(both, Ids(keys));
        time.Now += TimeSpan.FromSeconds(1);
        keys.Tend();
        Assert.Equal([Signing(keys)], Ids(keys));
        Assert.Single(Directory.GetFiles(folder));
    }

    [Fact]
    public void A_rotation_that_a_restart_interrupts_goes_on_after_it()
    {
        using var before = Open();
        time.Now += Lifetime;
        before.Tend();
        using var after = Open();

        Assert.Equal(Ids(before), Ids(after));
        Assert.Equal(Signing(before), Signing(after));
        time.Now += SigningKeys.PublishedBefore;
        Assert.Equal(Signing(before), Signing(after));
    }

    [Fact]
    public void A_key_that_the_platform_replaces_is_taken_up_and_the_old_one_stays_published()
    {
        using var keys = Open();
        var old = Signing(keys);
        using var other = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        File.WriteAllText(Path.Combine(folder, "token-key.pem"), other.ExportPkcs8PrivateKeyPem());
        time.Now += TimeSpan.FromDays(1);
        keys.Tend();

        Assert.Equal(2, Ids(keys).Count);
        Assert.Equal(old, Signing(keys));
        time.Now += SigningKeys.PublishedBefore;
        Assert.NotEqual(old, Signing(keys));
    }

    [Fact]
    public void The_same_password_is_stored_differently_each_time()
    {
        Assert.NotEqual(Passwords.Hash("secret"), Passwords.Hash("secret"));
        Assert.True(Passwords.Matches("secret", Passwords.Hash("secret")));
        Assert.False(Passwords.Matches("Secret", Passwords.Hash("secret")));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private SigningKeys Open() => new(folder, Lifetime, time);

    private static string Signing(SigningKeys keys) => keys.Credentials.Key.KeyId;

    private static List<string> Ids(SigningKeys keys) => [.. JsonNode.Parse(keys.Jwks)!["keys"]!.AsArray().Select(key => $"{key!["kid"]}")];

    private sealed class SetTime(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}

using DaprOrders.Customers.Features;
using DaprOrders.Customers.Tokens;
using Xunit;

namespace DaprOrders.Customers.Tests;

public sealed class SigningKeyTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("daprorders-keys").FullName;

    [Fact]
    public void The_key_is_the_same_after_a_restart()
    {
        using var first = new SigningKey(folder);
        using var second = new SigningKey(folder);

        Assert.Equal(first.KeyId, second.KeyId);
        Assert.Equal(first.Jwks, second.Jwks);
    }

    [Fact]
    public void The_private_part_is_never_in_the_published_keys()
    {
        using var key = new SigningKey(folder);

        Assert.DoesNotContain("\"d\"", System.Text.Encoding.UTF8.GetString(key.Jwks), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_owner_may_read_the_key_file()
    {
        if (OperatingSystem.IsWindows()) return;
        using var key = new SigningKey(folder);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "token-key.pem")));
    }

    [Fact]
    public void The_same_password_is_stored_differently_each_time()
    {
        Assert.NotEqual(CustomerStore.Hash("secret"), CustomerStore.Hash("secret"));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}

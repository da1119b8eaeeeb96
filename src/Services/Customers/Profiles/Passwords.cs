using System.Security.Cryptography;

namespace DaprOrders.Customers.Profiles;

/// <summary>Passwords of the development issuer, kept as salted PBKDF2 hashes.</summary>
internal static class Passwords
{
    private const int Iterations = 100_000;

    public static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return $"{Convert.ToBase64String(salt)}:{Convert.ToBase64String(Derive(password, salt))}";
    }

    public static bool Matches(string password, string stored)
    {
        var parts = stored.Split(':');
        return CryptographicOperations.FixedTimeEquals(Derive(password, Convert.FromBase64String(parts[0])), Convert.FromBase64String(parts[1]));
    }

    private static byte[] Derive(string password, byte[] salt) => Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, 32);
}

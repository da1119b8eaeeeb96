using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace DaprOrders.Gateway.Tests.Running;

/// <summary>An issuer with real ES256 keys, which it changes when told.</summary>
internal sealed class Issuer : IDisposable
{
    public const string Name = "https://daprorders.dev/development", Audience = "daprorders";
    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly List<(string Id, ECDsa Key)> keys = [];
    private int made;

    public Issuer() => Rotate();

    /// <summary>False: the keys cannot be had, as while the issuer is away.</summary>
    public bool IsThere { get; set; } = true;

    /// <summary>Signs with a new key from now on; the ones before stay published until they are withdrawn.</summary>
    public void Rotate() => keys.Add(($"key-{++made}", ECDsa.Create(ECCurve.NamedCurves.nistP256)));

    public void WithdrawOldKeys() => keys.RemoveRange(0, keys.Count - 1);

    public Reply Keys() => !IsThere ? new Reply(500, "application/json", """{"errorCode":"ERR_DIRECT_INVOKE","message":"not there"}"""u8.ToArray()) : Reply.Json(new
    {
        Keys = keys.Select(key =>
        {
            var point = key.Key.ExportParameters(includePrivateParameters: false).Q;
            return new { Kty = "EC", Use = "sig", Alg = "ES256", Crv = "P-256", Kid = key.Id, X = Base64UrlEncoder.Encode(point.X), Y = Base64UrlEncoder.Encode(point.Y) };
        }),
    });

    public string Token(string subject, string role, TimeSpan? expiresIn = null) => Token(subject, role, DateTime.UtcNow + (expiresIn ?? TimeSpan.FromHours(1)));

    public string Token(string? subject, string? role, DateTime? expires, string issuer = Name, string audience = Audience, SigningCredentials? credentials = null)
    {
        var claims = new Dictionary<string, object> { ["jti"] = Guid.NewGuid().ToString("N") };
        if (subject is not null) claims["sub"] = subject;
        if (role is not null) claims["role"] = role;
        return Handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer, Audience = audience, Expires = expires, Claims = claims,
            SigningCredentials = credentials ?? new SigningCredentials(new ECDsaSecurityKey(keys[^1].Key) { KeyId = keys[^1].Id }, SecurityAlgorithms.EcdsaSha256),
        });
    }

    public void Dispose()
    {
        foreach (var (_, key) in keys) key.Dispose();
    }
}

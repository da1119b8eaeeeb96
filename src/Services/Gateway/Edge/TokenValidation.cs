using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using DaprOrders.ServiceDefaults;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace DaprOrders.Gateway.Edge;

/// <summary>
/// Validates bearer tokens against the issuer's keys. A valid one is remembered by its hash until it expires, so that a busy customer costs one
/// signature check, not one a request. Safe for concurrent use.
/// </summary>
internal sealed class TokenValidation(IssuerKeys keys, TimeProvider time)
{
    private const int MostRemembered = 100_000;
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(2);
    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false };
    private readonly ConcurrentDictionary<string, (Caller Caller, DateTimeOffset Until)> remembered = new();

    /// <summary>The caller; anonymous without a token; null for a token that does not count.</summary>
    public async ValueTask<Caller?> ValidateAsync(string? authorization, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(authorization)) return new Caller(null, null);
        if (!authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return null;
        var token = authorization[7..].Trim();
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        if (remembered.TryGetValue(hash, out var known))
        {
            if (time.GetUtcNow() < known.Until) return known.Caller;
            remembered.TryRemove(hash, out _);
            return null;
        }

        var result = await CheckAsync(token, cancellation);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt) return null;
        var caller = new Caller(jwt.Subject, Claim(result, "role"));
        if (string.IsNullOrEmpty(caller.Subject) || caller.Role is not ("customer" or "operator")) return null;
        if (remembered.Count > MostRemembered) remembered.Clear();
        remembered[hash] = (caller, new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero) + ClockSkew);
        return caller;
    }

    private async Task<TokenValidationResult> CheckAsync(string token, CancellationToken cancellation)
    {
        var result = await Handler.ValidateTokenAsync(token, Parameters(await keys.GetAsync(refresh: false, cancellation)));
        return result.Exception is SecurityTokenSignatureKeyNotFoundException
            ? await Handler.ValidateTokenAsync(token, Parameters(await keys.GetAsync(refresh: true, cancellation))) // the keys may have been rotated
            : result;
    }

    private TokenValidationParameters Parameters(IReadOnlyList<SecurityKey> signingKeys) => new()
    {
        ValidIssuer = keys.Issuer, ValidAudience = keys.Audience, IssuerSigningKeys = signingKeys, ClockSkew = ClockSkew,
        ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSha256], RequireExpirationTime = true,
    };

    private static string? Claim(TokenValidationResult result, string name) => result.Claims.TryGetValue(name, out var value) ? value as string : null;
}

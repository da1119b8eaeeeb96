using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;
using Microsoft.IdentityModel.Tokens;

namespace DaprOrders.Gateway.Edge;

/// <summary>
/// The issuer's public keys: of the Customers service through the sidecar in development, else of Auth:Authority's JWKS. Fetched when first needed and
/// again when a token names a key that is not known, at most every few seconds. Safe for concurrent use.
/// </summary>
internal sealed class IssuerKeys(Services services, IConfiguration configuration, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan RefreshAtMostEvery = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim one = new(1, 1);
    private readonly HttpClient http = new(OutgoingHttp.Handler()) { Timeout = TimeSpan.FromSeconds(10) };
    private IReadOnlyList<SecurityKey> keys = [];
    private DateTimeOffset fetched = DateTimeOffset.MinValue;

    public string Issuer => configuration["Auth:Issuer"] ?? configuration["Auth:Authority"] ?? "https://daprorders.dev/development";

    public string Audience => configuration["Auth:Audience"] ?? "daprorders";

    /// <summary>Throws 503 when they cannot be had: whether a token counts is then not known.</summary>
    public async ValueTask<IReadOnlyList<SecurityKey>> GetAsync(bool refresh, CancellationToken cancellation)
    {
        if (keys.Count > 0 && (!refresh || time.GetUtcNow() - fetched < RefreshAtMostEvery)) return keys;
        await one.WaitAsync(cancellation);
        try
        {
            if (keys.Count > 0 && time.GetUtcNow() - fetched < RefreshAtMostEvery) return keys;
            keys = [.. new JsonWebKeySet(await FetchAsync(cancellation)).GetSigningKeys()];
            fetched = time.GetUtcNow();
            return keys;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or ArgumentException or KeyNotFoundException
            || (e is TaskCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new ProblemException(Problems.Unavailable("The issuer of the tokens cannot be reached; ask again.", retryAfterSeconds: 2), e);
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose()
    {
        one.Dispose();
        http.Dispose();
    }

    private async Task<string> FetchAsync(CancellationToken cancellation)
    {
        if (configuration["Auth:Authority"] is { Length: > 0 } authority)
        {
            var discovery = JsonDocument.Parse(await http.GetStringAsync(new Uri($"{authority.TrimEnd('/')}/.well-known/openid-configuration"), cancellation));
            return await http.GetStringAsync(new Uri(discovery.RootElement.GetProperty("jwks_uri").GetString()!), cancellation);
        }

        return await services.GetStringAsync(Apps.Customers, ".well-known/jwks.json", cancellation);
    }
}

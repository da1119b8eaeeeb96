using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Dapr.AspNetCore;

/// <summary>Which token proves that a request comes from the sidecar.</summary>
public class DaprAuthenticationOptions : AuthenticationSchemeOptions
{
    internal const string DefaultScheme = "Dapr";

    /// <summary>The token; that of APP_API_TOKEN unless set.</summary>
    public string Token { get; set; } = DaprDefaults.GetDefaultAppApiToken(null);
}

internal sealed class DaprAuthenticationHandler(IOptionsMonitor<DaprAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<DaprAuthenticationOptions>(options, logger, encoder)
{
    private const string TokenHeader = "Dapr-Api-Token";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        if (!Request.Headers.TryGetValue(TokenHeader, out var token)) return AuthenticateResult.NoResult();
        if (string.IsNullOrWhiteSpace(Options.Token)) return AuthenticateResult.Fail("The app has no token that a sidecar could show.");
        var isSame = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token.ToString()), Encoding.UTF8.GetBytes(Options.Token));
        if (!isSame) return AuthenticateResult.Fail("The token is not the app's.");
        var sidecar = new ClaimsIdentity([new Claim(ClaimTypes.Name, DaprAuthenticationOptions.DefaultScheme)], Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(sidecar), Scheme.Name));
    }
}

using System.Text;
using DaprOrders.Customers.Profiles;
using DaprOrders.ServiceDefaults;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace DaprOrders.Customers.Tokens;

/// <summary>The development issuer: POST /token, the discovery document and the keys. Outside development POST /token refuses.</summary>
internal static class TokenEndpoints
{
    public const string Issuer = "https://daprorders.dev/development", Audience = "daprorders";
    private const int LongestSeconds = 3600;
    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    public static void MapTokens(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/token", IssueAsync).DisableAntiforgery();
        routes.MapGet("/.well-known/openid-configuration", () => TypedResults.Json(new Dictionary<string, object>
        {
            ["issuer"] = Issuer, ["jwks_uri"] = "/.well-known/jwks.json", ["token_endpoint"] = "/token",
            ["grant_types_supported"] = new[] { "password", "client_credentials" }, ["id_token_signing_alg_values_supported"] = new[] { "ES256" },
        }));
        routes.MapGet("/.well-known/jwks.json", (SigningKeys keys) => TypedResults.Bytes(keys.Jwks, "application/json"));
    }

    private static async Task<IResult> IssueAsync(HttpContext context, SigningKeys keys, CustomerStore customers, IHostEnvironment environment, TimeProvider time, CancellationToken cancellation)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!environment.IsDevelopment()) return Error("unauthorized_client", "This issuer is for development only.");
        if (!context.Request.HasFormContentType) return Error("invalid_request", "Send a form.");
        var form = await context.Request.ReadFormAsync(cancellation);
        var lifetime = LongestSeconds;
        if (form["expires_in"] is { Count: 1 } wanted && (!int.TryParse(wanted[0], out lifetime) || lifetime is < 1 or > LongestSeconds))
            return Error("invalid_request", $"expires_in is 1 to {LongestSeconds} seconds.");

        return form["grant_type"].ToString() switch
        {
            "password" => await PasswordAsync(form["username"].ToString(), form["password"].ToString(), customers, cancellation) is var (subject, role)
                ? Token(keys, subject, role, lifetime, time) : Error("invalid_grant", "The user name or the password is wrong."),
            "client_credentials" => IsConsole(context.Request.Headers.Authorization.ToString())
                ? Token(keys, "console", "operator", lifetime, time) : Error("invalid_client", "The client is not known.", StatusCodes.Status401Unauthorized),
            "" => Error("invalid_request", "grant_type is missing."),
            _ => Error("unsupported_grant_type", "password or client_credentials."),
        };
    }

    private static async Task<(string Subject, string Role)?> PasswordAsync(string user, string password, CustomerStore customers, CancellationToken cancellation) => (user, password) switch
    {
        ("demo", "demo") => ("demo", "customer"),
        ("operator", "operator") => ("operator", "operator"),
        _ => await customers.FindByPasswordAsync(user, password, cancellation) is { } customer ? (customer.CustomerId, "customer") : null,
    };

    private static bool IsConsole(string authorization)
    {
        if (!authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return false;
        var buffer = new byte[256];
        return Convert.TryFromBase64String(authorization[6..].Trim(), buffer, out var length) && Encoding.UTF8.GetString(buffer, 0, length) == "console:console";
    }

    private static IResult Token(SigningKeys keys, string subject, string role, int lifetime, TimeProvider time)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var token = Handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer, Audience = Audience, IssuedAt = now, NotBefore = now, Expires = now.AddSeconds(lifetime), SigningCredentials = keys.Credentials,
            Claims = new Dictionary<string, object> { ["sub"] = subject, ["role"] = role, ["jti"] = Guid.NewGuid().ToString("N") },
        });
        return TypedResults.Json(new Dictionary<string, object> { ["access_token"] = token, ["token_type"] = "Bearer", ["expires_in"] = lifetime });
    }

    /// <summary>RFC 6749 5.2.</summary>
    private static IResult Error(string code, string description, int status = StatusCodes.Status400BadRequest) =>
        TypedResults.Json(new Dictionary<string, string> { ["error"] = code, ["error_description"] = description }, statusCode: status);
}

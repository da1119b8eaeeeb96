using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace DaprOrders.ServiceDefaults;

/// <summary>
/// Where APP_API_TOKEN is set, a request must carry it, as the service's own sidecar does: a pod that reaches the app's port past its sidecar, and so
/// past access control, is refused. The health endpoints stay open for probes, which tell nothing but a status.
/// </summary>
internal static class AppToken
{
    public const string Variable = "APP_API_TOKEN";
    public const string Header = "dapr-api-token";

    public static void UseAppToken(this WebApplication app)
    {
        if (app.Configuration[Variable] is not { Length: > 0 } token) return;
        var wanted = Encoding.UTF8.GetBytes(token);
        app.Use((context, next) => context.Request.Path.StartsWithSegments("/health") || IsToken(context.Request.Headers[Header], wanted)
            ? next(context)
            : context.Response.WriteProblemAsync(Problems.Unauthenticated("Only the service's own sidecar may call it.")));
    }

    private static bool IsToken(string? given, byte[] wanted) => given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), wanted);
}

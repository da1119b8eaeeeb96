using System.Net;
using System.Net.Mail;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using DaprOrders.Customers.Profiles;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Customers.Features;

/// <summary>A profile as it is sent; whether orderLimit is there at all makes a difference.</summary>
public sealed record ProfileRequest(string? Email, string? Name, NotifyRequest? Notify, string? Password = null, JsonElement OrderLimit = default);

public sealed record NotifyRequest(bool? Email = null, string? Webhook = null);

/// <summary>What makes a profile a good one.</summary>
internal sealed class CustomerRules(IHostEnvironment environment)
{
    private static readonly TimeSpan LongestLookUp = TimeSpan.FromSeconds(2);

    /// <summary>The problem, or null.</summary>
    public async Task<Problem?> CheckAsync(ProfileRequest request, Caller caller, CancellationToken cancellation)
    {
        if (request.OrderLimit.ValueKind != JsonValueKind.Undefined && !caller.IsOperator) return Problems.Forbidden("Only an operator sets an order limit.");
        if (request.Email is not { Length: >= 3 and <= 254 } email || !MailAddress.TryCreate(email, out var parsed) || parsed.Address != email) return Problems.Invalid("email", "an e-mail address");
        if (request.Name is not { Length: >= 1 and <= 200 }) return Problems.Invalid("name", "1 to 200 characters");
        if (request.Notify is null) return Problems.Invalid("notify", "is missing");
        if (request.Notify.Email is null) return Problems.Invalid("notify.email", "true or false");
        if (request.Notify.Webhook is { } webhook && await WebhookProblemAsync(webhook, cancellation) is { } text) return Problems.Invalid("notify.webhook", text);
        if (request.Password is not null && !environment.IsDevelopment()) return Problems.Invalid("password", "for development only");
        if (request.Password is { Length: < 1 or > 128 }) return Problems.Invalid("password", "1 to 128 characters");
        return IsLimit(request.OrderLimit) ? null : Problems.Invalid("orderLimit", "0 or more minor units, or null");
    }

    public static long? LimitOf(ProfileRequest request, long? before) => request.OrderLimit.ValueKind switch
    {
        JsonValueKind.Undefined => before,
        JsonValueKind.Null => null,
        _ => request.OrderLimit.GetInt64(),
    };

    public static Notify NotifyOf(ProfileRequest request) => new(request.Notify!.Email!.Value, request.Notify.Webhook);

    public static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    private static bool IsLimit(JsonElement limit) =>
        limit.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null || (limit.ValueKind == JsonValueKind.Number && limit.TryGetInt64(out var units) && units >= 0);

    private async Task<string?> WebhookProblemAsync(string text, CancellationToken cancellation)
    {
        if (text.Length > 2000 || !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0) return "an https address of at most 2,000 characters";
        if (environment.IsDevelopment()) return uri.Scheme is "https" or "http" ? null : "an http or https address";
        if (uri.Scheme != "https") return "an https address";
        return await IsOutOfBoundsAsync(uri.DnsSafeHost, cancellation) ? "an address on the public internet" : null;
    }

    /// <summary>A name that does not resolve now may do so when it is needed; then it is looked at again, which is what counts.</summary>
    private static async Task<bool> IsOutOfBoundsAsync(string host, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(LongestLookUp);
        try
        {
            return !(await Dns.GetHostAddressesAsync(host, limit.Token)).All(PublicAddress.IsPublic);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}

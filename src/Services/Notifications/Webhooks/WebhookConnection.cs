using System.Net;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.Webhooks;

/// <summary>The target is on an address that the shop does not call.</summary>
internal sealed class TargetRefusedException(string host) : IOException($"The webhook's target {host} is not on the public internet.");

/// <summary>
/// The way out to customers' machines. A name is resolved here and the connection made to the very address that was looked at, so that a name which
/// resolves differently a moment later gains nothing. Redirects are not followed, no proxy, no cookies, no trace headers.
/// </summary>
internal static class WebhookConnection
{
    private static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(5), Kept = TimeSpan.FromMinutes(1);

    public static HttpClient Client(bool mayBePrivate)
    {
        var handler = OutgoingHttp.Handler();
        (handler.AllowAutoRedirect, handler.UseProxy, handler.UseCookies, handler.ActivityHeadersPropagator) = (false, false, false, null);
        (handler.ConnectTimeout, handler.PooledConnectionLifetime, handler.MaxResponseDrainSize) = (LongestConnect, Kept, 0);
        handler.ConnectCallback = (context, cancellation) => ConnectAsync(context.DnsEndPoint, mayBePrivate, cancellation);
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, bool mayBePrivate, CancellationToken cancellation)
    {
        var addresses = await Dns.GetHostAddressesAsync(target.Host, cancellation);
        // One private address among public ones is reason enough: nobody publishes such a name by accident.
        if (!mayBePrivate && !addresses.All(PublicAddress.IsPublic)) throw new TargetRefusedException(target.Host);
        return await OutgoingHttp.ConnectAsync(addresses, target.Port, cancellation);
    }
}

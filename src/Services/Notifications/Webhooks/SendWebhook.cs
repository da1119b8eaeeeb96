using System.Net.Http.Headers;
using System.Text;
using DaprOrders.Notifications.Subscriptions;

namespace DaprOrders.Notifications.Webhooks;

/// <summary>Why a webhook did not take an event; a final failure would be the same next time.</summary>
internal sealed record WebhookFailure(string Error, bool IsFinal);

/// <summary>
/// One try of one event, to where the customer wants it now. Not through an output binding: those send to one address that a component names, and check
/// none. Safe for concurrent use.
/// </summary>
internal sealed class SendWebhook(CustomerDirectory customers, IHostEnvironment environment, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(10);
    private readonly HttpClient http = WebhookConnection.Client(mayBePrivate: environment.IsDevelopment());

    /// <summary>Null when it was taken, or when nobody wants it any more.</summary>
    public async Task<WebhookFailure?> TryAsync(string customerId, string body, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(LongestTry, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            if (await customers.FindAsync(customerId, DateTimeOffset.MinValue, either.Token) is not { Webhook: { } target, WebhookSecret: { } secret }) return null;
            using var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(WebhookMessage.ContentType, "utf-8");
            request.Headers.Add(WebhookMessage.SignatureHeader, WebhookMessage.Signature(secret, time.GetUtcNow(), body));
            request.Headers.UserAgent.ParseAdd("DaprOrders-Webhooks/1");
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return answer.IsSuccessStatusCode ? null : new WebhookFailure($"The webhook answered {(int)answer.StatusCode}.", IsFinal: false);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            if (Refusal(e) is { } refused) return new WebhookFailure(refused.Message, IsFinal: true);
            return new WebhookFailure(limit.IsCancellationRequested ? $"The webhook did not answer within {LongestTry.TotalSeconds} s." : $"The webhook was not reached: {e.Message}", IsFinal: false);
        }
    }

    public void Dispose() => http.Dispose();

    private static TargetRefusedException? Refusal(Exception? e) => e is null ? null : e as TargetRefusedException ?? Refusal(e.InnerException);
}

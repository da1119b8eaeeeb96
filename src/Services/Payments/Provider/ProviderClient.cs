using System.Net.Http.Json;
using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;
using Polly;

namespace DaprOrders.Payments.Provider;

/// <summary>
/// The payment provider, guarded by timeout, retry and circuit breaker. Every call carries the command's key, so asking again is safe: an answer
/// that got lost is given again. Throws <see cref="ProviderUnavailableException"/> when no answer could be had.
/// </summary>
internal sealed class ProviderClient(HttpClient http, ResiliencePipeline<HttpResponseMessage> guard)
{
    /// <summary>A provider may come to say more than we read; that must not stop payments.</summary>
    private static readonly JsonSerializerOptions Answers = new(JsonSerializerDefaults.Web);

    public static HttpClient Http(Uri provider)
    {
        var handler = OutgoingHttp.Handler();
        handler.MaxConnectionsPerServer = 256;
        return new HttpClient(handler) { BaseAddress = provider, Timeout = Timeout.InfiniteTimeSpan }; // the guard's
    }

    public async Task<AuthoriseReply> AuthoriseAsync(PaymentCommand command, CancellationToken cancellation)
    {
        var reply = await SendAsync<AuthoriseReply>("/authorise", command.Key, new { reference = command.OrderId, amount = command.Amount, token = command.Token }, cancellation);
        return reply is { Status: "declined" } or { Status: "authorised", AuthorisationId.Length: > 0 } ? reply : throw NotUnderstood("/authorise");
    }

    public async Task<FollowUpReply> FollowUpAsync(string operation, string authorisationId, string key, string orderId, Money amount, CancellationToken cancellation)
    {
        var reply = await SendAsync<FollowUpReply>($"/{operation}", key, new { authorisationId, reference = orderId, amount }, cancellation);
        return reply is { Status: "succeeded" or "declined" } ? reply : throw NotUnderstood($"/{operation}");
    }

    /// <summary>An answer that says neither yes nor no is none: to take it for a yes would be to ship what nobody has paid.</summary>
    private static ProviderUnavailableException NotUnderstood(string path) => new($"The provider's answer to {path} says neither that it is done nor that it is declined.");

    private async Task<TReply?> SendAsync<TReply>(string path, string key, object body, CancellationToken cancellation)
    {
        try
        {
            using var answer = await guard.ExecuteAsync(async ct =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, body.GetType(), options: Defaults.Json) };
                request.Headers.Add("Idempotency-Key", key);
                return await http.SendAsync(request, ct);
            }, cancellation);
            if (!answer.IsSuccessStatusCode) throw new ProviderUnavailableException($"The provider answered {(int)answer.StatusCode} to {path}.");
            return await answer.Content.ReadFromJsonAsync<TReply>(Answers, cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or ExecutionRejectedException or TaskCanceledException or JsonException)
        {
            throw new ProviderUnavailableException($"The provider gave no answer to {path}.", e);
        }
    }

    internal sealed record AuthoriseReply(string AuthorisationId, string Status);

    internal sealed record FollowUpReply(string Status);
}

/// <summary>Nothing is known of the effect; the same key must be asked again.</summary>
internal sealed class ProviderUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

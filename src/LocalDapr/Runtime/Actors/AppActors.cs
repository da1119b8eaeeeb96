using LocalDapr.Runtime.Actors.Hosting;
using LocalDapr.Runtime.Actors.Reminders;
using LocalDapr.Runtime.Actors.Timers;
using LocalDapr.Runtime.Invocation;

namespace LocalDapr.Runtime.Actors;

/// <summary>The app's side of actors: its callbacks, as paths, bodies and rules for their answers. The caller holds the turn.</summary>
internal sealed class AppActors(AppChannel app) : IActorApp
{
    /// <summary>On an answer with status 200: the actor failed, and the body says how.</summary>
    public const string ErrorHeader = "X-DaprErrorResponseHeader";

    private const string CancelHeader = "X-DaprReminderCancel";

    public bool ComesBackToItsPort => true;

    /// <summary>Whether an answer with status 200 tells that the actor failed.</summary>
    public static bool IsError(AppResponse answer) => answer.Headers.Any(h => h.Key.Equals(ErrorHeader, StringComparison.OrdinalIgnoreCase));

    public async Task<AppResponse> InvokeAsync(ActorCall call, string? chain, CancellationToken cancellation)
    {
        var answer = await SendAsync(HttpMethod.Put, ActorPath.Of(call.Actor, call.Method), call, ActorHeaders.OfCall(call.Headers, chain), cancellation);
        return answer.Status switch
        {
            200 when !IsError(answer) && Cancels(answer) => throw DaprErrors.ActorInvoke("reminder has been canceled"),
            200 => answer,
            404 => throw DaprErrors.ActorMethodNotFound($"actors/{call.Actor}/method/{call.Method}"),
            var status => throw DaprErrors.ActorInvoke($"error from actor service: ({status}) {System.Text.Encoding.UTF8.GetString(answer.Body.Span)}"),
        };
    }

    public Task<Firing> RemindAsync(Reminder reminder, CancellationToken cancellation)
    {
        var body = new GoJsonBody(64 + (reminder.Data?.Length ?? 0));
        body.Value("data"u8, reminder.Data);
        // The schedule is the scheduler's business: daprd of today sends both empty, and .NET actors rely on what they parse.
        body.Text("dueTime"u8, "");
        body.Text("period"u8, "");
        return CallbackAsync(reminder.Actor, "remind", reminder.Name, body.End(), cancellation);
    }

    public Task<Firing> FireTimerAsync(ActorTimer timer, CancellationToken cancellation)
    {
        var body = new GoJsonBody(128 + (timer.Data?.Length ?? 0));
        body.Value("data"u8, timer.Data);
        body.Text("callback"u8, timer.Callback ?? "");
        body.Text("dueTime"u8, timer.Text.DueTime ?? "");
        body.Text("period"u8, timer.Text.Period ?? "");
        return CallbackAsync(timer.Actor, "timer", timer.Name, body.End(), cancellation);
    }

    public async Task<bool> DeactivateAsync(ActorKey actor, CancellationToken cancellation) =>
        (await app.SendAsync(HttpMethod.Delete, ActorPath.Of(actor), "", null, default, "application/x-protobuf", cancellation)).Status == 200;

    private static bool Cancels(AppResponse answer) => answer.Headers.Any(
        h => h.Key.Equals(CancelHeader, StringComparison.OrdinalIgnoreCase) && h.Value.ToUpperInvariant() is "TRUE" or "T" or "YES" or "Y" or "ON" or "1");

    private async Task<Firing> CallbackAsync(ActorKey actor, string kind, string name, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        var path = ActorPath.Of(actor, $"{kind}/{name}");
        try
        {
            var answer = await app.SendAsync(HttpMethod.Put, path, "", null, body, "application/json", cancellation);
            // An answer that cancels the reminder counts as taken and no more: the series goes on, as in daprd.
            return answer.Status == 200 && !IsError(answer) ? Firing.Taken : Firing.Failed;
        }
        catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.ConnectionError)
        {
            throw new ActorAppGoneException(error.Message);
        }
        catch (HttpRequestException)
        {
            return Firing.Failed;
        }
    }

    private async Task<AppResponse> SendAsync(
        HttpMethod verb, string path, ActorCall call, IEnumerable<KeyValuePair<string, string>> headers, CancellationToken cancellation)
    {
        try
        {
            return await app.SendAsync(verb, path, call.Query, headers, call.Body, call.ContentType, cancellation);
        }
        catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.ConnectionError)
        {
            throw new ActorAppGoneException(error.Message);
        }
        catch (HttpRequestException error)
        {
            throw DaprErrors.ActorInvoke(error.Message);
        }
    }
}

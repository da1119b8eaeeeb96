using System.Globalization;
using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Ordering.EventStore;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.Features;

/// <summary>
/// Changes of status as server-sent events, read from the event store itself, so that a client that comes back with its last id misses and repeats
/// nothing. The id is the event's position.
/// </summary>
internal sealed class StreamOrders(OrderEventStore store, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private const int PageSize = 200;
    private const int MostStreams = 500;
    private static readonly TimeSpan Pulse = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1); // for what another process has committed and nobody told
    private static readonly TimeSpan Retention = TimeSpan.FromHours(24);
    private static readonly TimeSpan Shared = TimeSpan.FromMilliseconds(100);
    private readonly Lock gate = new();
    private (long After, Task Commit, long At, Task<IReadOnlyList<StoredEvent>> Page)? last;
    private int open;

    public sealed record Change(string OrderId, string CustomerId, string Status, long Version, DateTimeOffset At);

    public static Task HandleAsync(HttpContext context, Caller caller, StreamOrders stream) => stream.RunAsync(context, caller);

    private async Task RunAsync(HttpContext context, Caller caller)
    {
        if (caller.Subject is null) throw new ProblemException(Problems.Forbidden("The stream needs to know whose orders."));
        var customer = caller.IsOperator ? null : caller.Subject;
        var position = await BeginAsync(context.Request.Headers["Last-Event-ID"], customer);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            if (Interlocked.Increment(ref open) > MostStreams) throw new ProblemException(Problems.TooManyRequests(5));
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            await WriteAsync(context.Response, ": changes of status, from now on\n\n", ends.Token);
            await FollowAsync(context.Response, customer, position, ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The client has gone, or the service ends; the client comes back with its last id.
        }
        finally
        {
            Interlocked.Decrement(ref open);
        }
    }

    /// <summary>Ends when the client leaves or the service stops.</summary>
    private async Task FollowAsync(HttpResponse response, string? customer, long position, CancellationToken ends)
    {
        var written = time.GetTimestamp();
        while (true)
        {
            var commit = store.Events.Next; // taken before reading: a commit in between is not missed
            var page = await ReadAsync(position, commit);
            foreach (var stored in page)
            {
                position = stored.Position;
                var change = JsonSerializer.Deserialize<OrderEvent>(stored.Data, Defaults.Json)!;
                if (customer is not null && change.CustomerId != customer) continue;
                var data = JsonSerializer.Serialize(new Change(change.OrderId, change.CustomerId, change.Status, change.Version, change.At), Defaults.Json);
                await WriteAsync(response, $"event: order\nid: {position:x}\ndata: {data}\n\n", ends);
                written = time.GetTimestamp();
            }

            if (page.Count == 0) await commit.WithinAsync(Look, time, ends);
            if (time.GetElapsedTime(written) < Pulse) continue; // also where others' orders change all the time
            await WriteAsync(response, ": still here\n\n", ends);
            written = time.GetTimestamp();
        }
    }

    /// <summary>All who follow are at the same place, most of the time: what one of them reads after a commit is everybody's.</summary>
    private Task<IReadOnlyList<StoredEvent>> ReadAsync(long after, Task commit)
    {
        lock (gate)
        {
            if (last is { } read && read.After == after && read.Commit == commit && time.GetElapsedTime(read.At) < Shared) return read.Page;
            var page = store.Read.StatusChangesAfterAsync(after, PageSize);
            last = (after, commit, time.GetTimestamp(), page);
            return page;
        }
    }

    private async Task<long> BeginAsync(string? lastId, string? customer)
    {
        if (string.IsNullOrEmpty(lastId)) return await store.Read.HorizonAsync();
        if (!long.TryParse(lastId, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var position) || await store.Read.StatusChangeAtAsync(position) is not { } last)
            throw new ProblemException(Problems.Invalid("Last-Event-ID", "not one that was given out"));
        var change = JsonSerializer.Deserialize<OrderEvent>(last.Data, Defaults.Json)!;
        if (customer is not null && change.CustomerId != customer) throw new ProblemException(Problems.Invalid("Last-Event-ID", "not one that was given out"));
        return time.GetUtcNow() - change.At <= Retention ? position : throw new ProblemException(Problems.Gone("Events of so long ago are not sent again; start without Last-Event-ID."));
    }

    private static async Task WriteAsync(HttpResponse response, string text, CancellationToken ends)
    {
        await response.WriteAsync(text, ends);
        await response.Body.FlushAsync(ends);
    }
}

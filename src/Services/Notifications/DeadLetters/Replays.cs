using System.Collections.Concurrent;
using System.Threading.Channels;
using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.DeadLetters;

/// <summary>
/// Carries out replays behind the answer: one try each, after which the letter is replayed or open again. Those under way stand in one small document, so
/// that what a crash cut off is tried again by whichever replica finds it first. Ends with the host.
/// </summary>
internal sealed partial class Replays(DaprClient dapr, DeadLetterStore store, ReplayEvent replay, IConfiguration configuration, TimeProvider time, ILogger<Replays> log) : BackgroundService
{
    private const string NotesKey = "dead-letters-replaying";
    private const int MostNoted = 1_000, MostTries = 50;
    private readonly TimeSpan longestTry = configuration.GetValue("Notifications:LongestReplay", TimeSpan.FromSeconds(20));
    private readonly Channel<string> asked = Channel.CreateBounded<string>(MostNoted);
    private readonly ConcurrentDictionary<string, byte> running = new();

    public sealed record Notes(IReadOnlyList<string> Ids);

    public Task NoteAsync(string id, CancellationToken cancellation) =>
        ChangeNotesAsync(ids => ids.Contains(id) ? null : ids.Count < MostNoted ? [.. ids, id] : throw new ServiceDefaults.ProblemException(ServiceDefaults.Problems.TooManyRequests(5)), cancellation);

    /// <summary>A full queue loses nothing: the note is still there for the next sweep.</summary>
    public void Begin(string id) => asked.Writer.TryWrite(id);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var sweeping = SweepAsync(stoppingToken);
        try
        {
            await Parallel.ForEachAsync(asked.Reader.ReadAllAsync(stoppingToken), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = stoppingToken }, RunAsync);
            await sweeping;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end of the host; what was under way is noted.
        }
    }

    private async Task SweepAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(longestTry / 2, time);
        do
        {
            try
            {
                var noted = await dapr.GetStateAsync<Notes?>(Components.Documents, NotesKey, cancellationToken: stop);
                foreach (var id in noted?.Ids ?? []) await TakeUpAsync(id, stop);
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                SweepFailed(log, e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stop));
    }

    /// <summary>Left alone while another replica may still be trying.</summary>
    private async Task TakeUpAsync(string id, CancellationToken stop)
    {
        var letter = await store.FindAsync(id, stop);
        if (letter is { Acts.Count: > 0 } && time.GetUtcNow() - letter.Acts[^1].At < longestTry) return;
        if (!running.ContainsKey(id)) Begin(id);
    }

    private async ValueTask RunAsync(string id, CancellationToken stop)
    {
        if (!running.TryAdd(id, 0)) return;
        try
        {
            if (await store.FindAsync(id, stop) is { Status: DeadLetterStatus.Replaying } letter)
            {
                var error = await TryAsync(letter, stop);
                await store.ChangeAsync(id, l => l.Status == DeadLetterStatus.Replaying ? l.Settled(error) : null, stop);
                if (error is not null) StillFails(log, letter.EventId, error);
            }

            await ChangeNotesAsync(ids => ids.Contains(id) ? [.. ids.Where(other => other != id)] : null, stop);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            SweepFailed(log, e.Message); // the note is still there
        }
        finally
        {
            running.TryRemove(id, out _);
        }

        await AgainIfAskedAsync(id, stop);
    }

    /// <summary>Asked for anew between the end of the last try and its last write: the note went, so it is written again.</summary>
    private async Task AgainIfAskedAsync(string id, CancellationToken stop)
    {
        try
        {
            if (await store.FindAsync(id, stop) is not { Status: DeadLetterStatus.Replaying }) return;
            await NoteAsync(id, stop);
            Begin(id);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            SweepFailed(log, e.Message);
        }
    }

    private async Task<string?> TryAsync(DeadLetter letter, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(longestTry, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            return await replay.TryAsync(letter, either.Token);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            return e.Message;
        }
    }

    private async Task ChangeNotesAsync(Func<IReadOnlyList<string>, IReadOnlyList<string>?> change, CancellationToken cancellation)
    {
        for (var left = MostTries; left > 0; left--)
        {
            var (notes, etag) = await dapr.GetStateAndETagAsync<Notes?>(Components.Documents, NotesKey, cancellationToken: cancellation);
            if (change(notes?.Ids ?? []) is not { } changed) return;
            if (await dapr.TryWriteAsync(Components.Documents, NotesKey, new Notes(changed), etag, cancellation)) return;
        }

        throw new InvalidOperationException($"The notes of replays were changed by others {MostTries} times in a row.");
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The replay of event {EventId} failed, its dead letter is open again: {Reason}")]
    private static partial void StillFails(ILogger logger, string eventId, string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "Replays wait: {Reason}")]
    private static partial void SweepFailed(ILogger logger, string reason);
}

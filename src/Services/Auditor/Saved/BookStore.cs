using System.Security.Cryptography;
using System.Text.Json;
using Dapr.Client;
using DaprOrders.Auditor.Reconciliation;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Auditor.Saved;

/// <summary>
/// Books in Dapr state, for one Auditor. What is new since the last save is written, and what is under way; the settled orders that were written before stay
/// where they are.
/// <list type="number">
/// <item>documents under names that no manifest ever named: the settled orders since, together with the last piece if that was not full; the rest;</item>
/// <item>the manifest "books", which names all that belongs to these books: from here on they count;</item>
/// <item>what only the manifest before named is deleted.</item>
/// </list>
/// A crash leaves the books of the manifest that is there, and documents that nobody names: they are called as those of the next process, which writes over them
/// or deletes them with its first save. One call at a time.
/// </summary>
internal sealed class BookStore(DaprClient dapr)
{
    internal const string ManifestKey = "books";
    private const int PieceBytes = 80 * 1024, AtATime = 8;
    private readonly HashSet<string> unnamed = [];
    private long epoch = 1, next;
    private Manifest? manifest;
    private RunningBooks? saved;
    private bool isLookedFor, isSwept;
    private (long Epoch, long Next)? before;
    private IReadOnlyList<SettledChange> lastPiece = [];

    /// <summary>Null when there are none. Throws <see cref="InvalidDataException"/> or <see cref="JsonException"/> when what is there is damaged, or of another version.</summary>
    public async Task<RunningBooks?> LoadAsync(CancellationToken cancellation)
    {
        if (await ManifestAsync(cancellation) is not { } read) return null;
        var books = RunningBooks.Of(Parse<SavedBooks>((await PiecesAsync(read.Rest, cancellation)).SelectMany(piece => piece).ToArray()));
        IReadOnlyList<SettledChange> last = [];
        foreach (var names in read.Settled.Chunk(AtATime))
        foreach (var piece in await PiecesAsync(names, cancellation))
            books.Settled.Restore(last = SettledPieces.Read(piece));
        Remember(books, last);
        return books;
    }

    /// <summary>Durable when it returns; a <see cref="BooksNotSavedException"/> leaves what was saved before.</summary>
    public async Task SaveAsync(RunningBooks books, CancellationToken cancellation)
    {
        try
        {
            await WriteAsync(books, cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            throw new BooksNotSavedException(e);
        }
    }

    private async Task WriteAsync(RunningBooks books, CancellationToken cancellation)
    {
        if (!isLookedFor) await LookForOldAsync(cancellation);
        var (settled, last) = await WriteSettledAsync(books, cancellation);
        var rest = new List<Named>();
        foreach (var piece in JsonSerializer.SerializeToUtf8Bytes(books.Save(), Defaults.Json).Chunk(PieceBytes)) rest.Add(await PutAsync(piece, cancellation));

        unnamed.UnionWith(manifest?.Keys ?? []);
        unnamed.ExceptWith(settled.Concat(rest).Select(named => named.Key));
        var current = new Manifest(Manifest.Known, epoch, next, settled, rest, [.. unnamed]);
        await dapr.SaveByteStateAsync(Components.Documents, ManifestKey, JsonSerializer.SerializeToUtf8Bytes(current, Defaults.Json), cancellationToken: cancellation);
        manifest = current;
        Remember(books, last);
        await SweepAsync(cancellation);
    }

    /// <summary>All pieces of the books, and what is in the last one; only what is new is written when the others are these books'.</summary>
    private async Task<(List<Named> Pieces, IReadOnlyList<SettledChange> Last)> WriteSettledAsync(RunningBooks books, CancellationToken cancellation)
    {
        var journal = ReferenceEquals(books, saved) ? books.Settled.Journal : null;
        if (journal is { Count: 0 }) return ([.. manifest!.Settled], lastPiece);
        var pieces = journal is null ? [] : manifest!.Settled.Take(manifest.Settled.Count - (lastPiece.Count > 0 ? 1 : 0)).ToList();
        IReadOnlyList<SettledChange> last = [];
        foreach (var piece in (journal is null ? books.Settled.All : lastPiece.Concat(journal)).Chunk(SettledPieces.MostChanges))
        {
            pieces.Add(await PutAsync(SettledPieces.Write(piece), cancellation));
            last = piece;
        }

        return (pieces, last);
    }

    /// <summary>What these books take the place of, when they were read before anybody asked for the old ones.</summary>
    private async Task LookForOldAsync(CancellationToken cancellation)
    {
        try
        {
            await ManifestAsync(cancellation);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            // Nobody knows what it named; the manifest itself is written over.
        }
    }

    private async Task<Manifest?> ManifestAsync(CancellationToken cancellation)
    {
        var found = await dapr.GetByteStateAsync(Components.Documents, ManifestKey, cancellationToken: cancellation);
        isLookedFor = true;
        if (found.IsEmpty) return null;
        var read = Parse<Manifest>(found.Span);
        if (read is not { Format: Manifest.Known, Settled: not null, Rest: not null, Superseded: not null }) throw new InvalidDataException($"They have format {read.Format}, this version knows {Manifest.Known}.");
        (manifest, before, epoch) = (read, (read.Epoch, read.Next), read.Epoch + 1);
        unnamed.UnionWith(read.Superseded);
        return read;
    }

    /// <summary>Its last piece is written again with the next changes while it is not full.</summary>
    private void Remember(RunningBooks books, IReadOnlyList<SettledChange> last)
    {
        (saved, lastPiece) = (books, last.Count < SettledPieces.MostChanges ? last : []);
        books.Settled.BeginJournal();
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        await Parallel.ForEachAsync(unnamed, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellation },
            async (key, ct) => await dapr.DeleteStateAsync(Components.Documents, key, cancellationToken: ct));
        unnamed.Clear();
        if (isSwept) return;
        if (before is { } other) await SweepAsync(other.Epoch, other.Next, cancellation);
        await SweepAsync(epoch, next, cancellation);
        isSwept = true;
    }

    /// <summary>What a process left that ended within a save.</summary>
    private async Task SweepAsync(long of, long from, CancellationToken cancellation)
    {
        for (; !(await dapr.GetByteStateAsync(Components.Documents, KeyOf(of, from), cancellationToken: cancellation)).IsEmpty; from++)
            await dapr.DeleteStateAsync(Components.Documents, KeyOf(of, from), cancellationToken: cancellation);
    }

    private async Task<byte[][]> PiecesAsync(IEnumerable<Named> names, CancellationToken cancellation) => await Task.WhenAll(names.Select(async named =>
    {
        var found = await dapr.GetByteStateAsync(Components.Documents, named.Key, cancellationToken: cancellation);
        if (found.IsEmpty) throw new InvalidDataException($"{named.Key} is not there.");
        var bytes = Parse<Piece>(found.Span).Bytes;
        return bytes is not null && HashOf(bytes) == named.Hash ? bytes : throw new InvalidDataException($"{named.Key} is not what was written.");
    }));

    private async Task<Named> PutAsync(byte[] bytes, CancellationToken cancellation)
    {
        var key = KeyOf(epoch, next++);
        unnamed.Add(key);
        await dapr.SaveByteStateAsync(Components.Documents, key, JsonSerializer.SerializeToUtf8Bytes(new Piece(bytes), Defaults.Json), cancellationToken: cancellation);
        return new Named(key, HashOf(bytes));
    }

    private static string KeyOf(long epoch, long number) => $"books-{epoch}-{number}";

    private static string HashOf(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes).AsSpan(0, 16));

    private static T Parse<T>(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<T>(json, Defaults.Json) ?? throw new InvalidDataException("A saved document says null.");
}

/// <summary>The store took not all of it; what it has are the books before.</summary>
internal sealed class BooksNotSavedException(Exception cause) : Exception(cause.Message, cause);

using DaprOrders.Auditor.Reconciliation;
using DaprOrders.Contracts;

namespace DaprOrders.Auditor.Saved;

/// <summary>
/// Running books as they are kept, but for the settled orders, of which there are too many to be written each time. A change of these records is a new
/// <see cref="Manifest.Known"/>.
/// </summary>
internal sealed record SavedBooks(
    string OrdersAfter, long OperationsAfter, string SkusAfter, DateTimeOffset AsOf, bool IsInDoubt,
    IReadOnlyList<SavedFacts> Watched, IReadOnlyList<SavedShelf> Shelves, IReadOnlyList<SavedText> Texts, IReadOnlyList<Finding> Findings);

/// <summary>Movements are kept as they came: one that came twice is a finding.</summary>
internal sealed record SavedFacts(
    string OrderId, AuditedOrder? Order, PaymentRecord? Payment, IReadOnlyList<ProviderOperation> Operations, IReadOnlyList<SavedMovement> Movements, bool IsSuspect);

internal sealed record SavedMovement(string Sku, string Kind, long Quantity);

internal sealed record SavedShelf(string Sku, long Position, long Available, IReadOnlyList<Finding> Findings);

/// <summary>A settled order whose id is no number.</summary>
internal sealed record SavedText(string OrderId, long Position, byte Status, ushort Events);

/// <summary>
/// What the saved books consist of. Written last, and what it names is never written again, so a crash at any point leaves the books of the manifest before.
/// Epoch and Next: how the next documents of the process that wrote it would have been called. Superseded: what is to be deleted once this is there.
/// </summary>
internal sealed record Manifest(int Format, long Epoch, long Next, IReadOnlyList<Named> Settled, IReadOnlyList<Named> Rest, IReadOnlyList<string> Superseded)
{
    public const int Known = 1;

    public IEnumerable<string> Keys => Settled.Concat(Rest).Select(named => named.Key);
}

/// <summary>A document and the first half of the SHA-256 of its bytes: what is there under this key must be what was meant.</summary>
internal sealed record Named(string Key, string Hash);

/// <summary>Bytes within a document that is JSON, as every store takes it.</summary>
internal sealed record Piece(byte[] Bytes);

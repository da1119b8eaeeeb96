using DaprOrders.Contracts;

namespace DaprOrders.Payments.Ledger;

/// <summary>
/// The ledger's record of one order's payment: what was asked and what came of it. Immutable; the outcome of every key is kept, so that the same
/// command again is answered, not carried out. The token stays only while an authorisation is under way.
/// </summary>
public sealed record Payment(string OrderId, string Currency)
{
    public string Status { get; init; } = "none";
    public string? AuthorisationId { get; init; }
    public long Authorised { get; init; }
    public long Captured { get; init; }
    public long Refunded { get; init; }
    public PaymentCommand? Pending { get; init; }
    public IReadOnlyDictionary<string, string> Outcomes { get; init; } = new Dictionary<string, string>();

    /// <summary>The answer to a command that was carried out before.</summary>
    public PaymentOutcome? Answered(string key) => Outcomes.TryGetValue(key, out var status) ? new PaymentOutcome(OrderId, status, AuthorisationId) : null;

    /// <summary>Written before the provider is asked: after a crash it is known that an authorisation may exist, and how to ask for it again.</summary>
    public Payment Intend(PaymentCommand authorise) => this with { Pending = authorise };

    public Payment Authorise(string key, string? authorisationId, bool declined, long amount) => Answer(key, declined ? "declined" : "authorised") with
    {
        Status = declined ? "declined" : "authorised", AuthorisationId = authorisationId, Authorised = declined ? 0 : amount, Pending = null,
    };

    public Payment Capture(string key, bool declined, long amount) =>
        Answer(key, declined ? "declined" : "captured") with { Status = declined ? "declined" : "captured", Captured = declined ? 0 : amount };

    public Payment Void(string key) => Answer(key, "voided") with { Status = "voided" };

    public Payment Refund(string key) => Answer(key, "refunded") with { Status = "refunded", Refunded = Captured };

    /// <summary>Nothing to undo; an authorisation that comes later finds this and is declined.</summary>
    public Payment Nothing(string key) => Answer(key, "nothing") with { Status = Status == "none" ? "voided" : Status, Pending = null };

    private Payment Answer(string key, string status) => this with { Outcomes = new Dictionary<string, string>(Outcomes) { [key] = status } };
}

namespace DaprOrders.PaymentProvider;

/// <summary>The test tokens decide, deterministically. Pure.</summary>
internal static class Tokens
{
    public const int FlakyFailures = 2;
    public static readonly TimeSpan SlowDelay = TimeSpan.FromSeconds(2);

    /// <summary>What an operation comes to, if it comes to anything.</summary>
    public static string Result(string token, string operation) => (token, operation) switch
    {
        ("tok_capture_fails", "capture") => "declined",
        ("tok_visa_ok" or "tok_slow" or "tok_flaky" or "tok_lost_reply" or "tok_capture_fails" or "tok_refund_fails_once" or "tok_void_fails", _) => "succeeded",
        _ => "declined",
    };

    /// <summary>True when this attempt (from 0) answers 500 and has no effect.</summary>
    public static bool FailsNow(string token, string operation, int attempt, bool voidWorks) => token switch
    {
        "tok_flaky" => attempt < FlakyFailures,
        "tok_refund_fails_once" => operation == "refund" && attempt < 1,
        "tok_void_fails" => operation is "void" or "refund" && !voidWorks,
        _ => false,
    };

    /// <summary>True when the effect takes place but the connection is cut once instead of the answer.</summary>
    public static bool LosesReply(string token, bool firstTime) => token == "tok_lost_reply" && firstTime;
}

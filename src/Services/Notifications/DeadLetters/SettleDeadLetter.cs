using System.Security.Cryptography;
using System.Text.Json;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.DeadLetters;

/// <summary>
/// An operator's decision about a dead letter. Decision, record and Idempotency-Key are one guarded write, so that a repeated request is the same act
/// and of two decisions at once one loses.
/// </summary>
internal static class SettleDeadLetter
{
    private const int LongestReason = 500;

    public sealed record Request(string? Reason = null);

    public static async Task<IResult> ReplayAsync(string id, HttpContext context, Caller caller, DeadLetterStore store, Replays replays, TimeProvider time, CancellationToken cancellation)
    {
        var asked = await ReadAsync(id, context, caller, store, cancellation);
        if (asked.Refusal is { } refusal) return refusal;
        if (asked.Request.Reason is { Length: < 1 or > LongestReason }) return Problems.Invalid("reason", $"1 to {LongestReason} characters").ToResult();

        // Noted first: a replay that a crash cuts off is found again by it.
        await replays.NoteAsync(id, cancellation);
        var answer = await ActAsync(id, asked.Act(Act.Replay, caller, time), context, store, cancellation);
        replays.Begin(id);
        return answer;
    }

    public static async Task<IResult> DiscardAsync(string id, HttpContext context, Caller caller, DeadLetterStore store, TimeProvider time, CancellationToken cancellation)
    {
        var asked = await ReadAsync(id, context, caller, store, cancellation);
        if (asked.Refusal is { } refusal) return refusal;
        if (asked.Request.Reason is not { Length: >= 1 and <= LongestReason }) return Problems.Invalid("reason", $"1 to {LongestReason} characters").ToResult();
        return await ActAsync(id, asked.Act(Act.Discard, caller, time), context, store, cancellation);
    }

    private static async Task<Asked> ReadAsync(string id, HttpContext context, Caller caller, DeadLetterStore store, CancellationToken cancellation)
    {
        if (!caller.IsOperator) return new(DeadLetterEndpoints.NotForYou());
        if (await store.FindAsync(id, cancellation) is null) return new(DeadLetterEndpoints.NoSuchLetter());
        var hasBody = context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0;
        var bytes = hasBody ? await Body.ReadBytesAsync(context.Request, cancellation) : [];
        string? keyHash = null;
        if (context.Request.Headers.ContainsKey(IdempotencyKey.Header))
        {
            var (key, problem) = IdempotencyKey.Read(context.Request);
            if (problem is not null) return new(problem.ToResult());
            keyHash = Hash(JsonSerializer.SerializeToUtf8Bytes(new[] { caller.Subject, context.Request.Path.Value, key }));
        }

        return new(null, bytes.Length == 0 ? new Request() : Body.Parse<Request>(bytes), keyHash, keyHash is null ? null : Hash(bytes));
    }

    private static async Task<IResult> ActAsync(string id, Act act, HttpContext context, DeadLetterStore store, CancellationToken cancellation)
    {
        var changed = await store.ChangeAsync(id, letter => Known(letter, act) is null ? letter.TakeUp(act) : null, cancellation);
        if (changed is not var (letter, isChanged)) return DeadLetterEndpoints.NoSuchLetter();
        if (!isChanged)
        {
            if (Known(letter, act) is not { } before) return Problems.WrongState($"A dead letter that is {letter.Status} cannot be settled.", letter.Status).ToResult();
            if (letter.Acts[before].BodyHash != act.BodyHash) return Problems.KeyReused().ToResult();
            context.Response.Headers[IdempotencyKey.ReplayedHeader] = "true";
            letter = letter.AsOf(before);
        }

        return TypedResults.Json(DeadLetterEndpoints.View(letter), Defaults.Json, statusCode: StatusCodes.Status202Accepted);
    }

    private static int? Known(DeadLetter letter, Act act)
    {
        if (act.Key is null) return null;
        for (var i = 0; i < letter.Acts.Count; i++)
            if (letter.Acts[i].Key == act.Key) return i;
        return null;
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private sealed record Asked(IResult? Refusal, Request Request, string? KeyHash, string? BodyHash)
    {
        public Asked(IResult refusal)
            : this(refusal, new Request(), null, null)
        {
        }

        public Act Act(string name, Caller caller, TimeProvider time) => new(time.GetUtcNow(), caller.Subject ?? "", name, Request.Reason, KeyHash, BodyHash);
    }
}

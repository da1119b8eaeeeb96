using System.Security.Cryptography;
using System.Text;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.Features;

/// <summary>
/// Cancel, approve, reject, refund, retry: the decision is made durable with the order, together with the command that tells the saga; then 202.
/// Who comes first, a cancel or the capture, is decided by the store's order of commits.
/// </summary>
internal static class DecideOrder
{
    public sealed record RefundRequest(string Reason);

    public static Task<IResult> CancelAsync(string id, HttpContext context, Caller caller, OrderEventStore store, TimeProvider time) =>
        DecideAsync(id, context, caller, store, time, ReadOnlyMemory<byte>.Empty, order => order is { CaptureBegun: false, UndoBegun: false, CancelledBy: null, IsTerminal: false }
            ? (order with { CancelledBy = caller.IsOperator ? "cancelled-by-operator" : "cancelled-by-customer" }, Waits(order) ? SagaCommand.Decided : null)
            : null);

    public static Task<IResult> ApproveAsync(string id, HttpContext context, Caller caller, OrderEventStore store, TimeProvider time) => SettleAsync(id, true, context, caller, store, time);

    public static Task<IResult> RejectAsync(string id, HttpContext context, Caller caller, OrderEventStore store, TimeProvider time) => SettleAsync(id, false, context, caller, store, time);

    public static async Task<IResult> RefundAsync(string id, HttpContext context, Caller caller, OrderEventStore store, TimeProvider time, CancellationToken cancellation)
    {
        if (!caller.IsOperator) return Problems.Forbidden("Only an operator refunds.").ToResult();
        if (await store.FindAsync(id) is null) return ReadOrders.NoSuchOrder();
        var bytes = await Body.ReadBytesAsync(context.Request, cancellation);
        if (IdempotencyKey.Read(context.Request).Problem is { } problem) return problem.ToResult();
        var request = Body.Parse<RefundRequest>(bytes);
        if (request.Reason is not { Length: >= 1 and <= 500 }) return Problems.Invalid("reason", "1 to 500 characters").ToResult();
        return await DecideAsync(id, context, caller, store, time, bytes, order => order is { RefundReason: null, View.Status: OrderStatus.Confirmed }
            ? (order with { RefundReason = request.Reason }, SagaCommand.Refund)
            : null);
    }

    public static Task<IResult> RetryAsync(string id, HttpContext context, Caller caller, OrderEventStore store, TimeProvider time) => caller.IsOperator
        ? DecideAsync(id, context, caller, store, time, ReadOnlyMemory<byte>.Empty, order => order.View.Status == OrderStatus.Parked ? (order, SagaCommand.Retry) : null)
        : Task.FromResult<IResult>(Problems.Forbidden("Only an operator tries again.").ToResult());

    private static Task<IResult> SettleAsync(string id, bool approved, HttpContext context, Caller caller, OrderEventStore store, TimeProvider time) => caller.IsOperator
        ? DecideAsync(id, context, caller, store, time, ReadOnlyMemory<byte>.Empty, order => order is { Approved: null, CancelledBy: null, UndoBegun: false } && Waits(order)
            ? (order with { Approved = approved }, SagaCommand.Decided)
            : null)
        : Task.FromResult<IResult>(Problems.Forbidden("Only an operator decides.").ToResult());

    private static bool Waits(OrderState order) => order.View.Status == OrderStatus.AwaitingApproval;

    private static async Task<IResult> DecideAsync(
        string id, HttpContext context, Caller caller, OrderEventStore store, TimeProvider time, ReadOnlyMemory<byte> body, Func<OrderState, (OrderState, string?)?> decide)
    {
        if (ReadOrders.Visible(await store.FindAsync(id), caller) is null) return ReadOrders.NoSuchOrder();
        Asked? asked = null;
        if (context.Request.Headers.ContainsKey(IdempotencyKey.Header))
        {
            var (key, problem) = IdempotencyKey.Read(context.Request);
            if (problem is not null) return problem.ToResult();
            asked = new Asked($"{caller.Subject}\n{context.Request.Path}\n{key}", Convert.ToHexString(SHA256.HashData(body.Span)));
        }

        var decided = await store.DecideAsync(id, asked, decide, time.GetUtcNow());
        if (!decided.IsPossible)
            return Problems.WrongState($"An order that is {decided.Order!.View.Status} and so far along cannot be changed so.", decided.Order.View.Status).ToResult();
        if (asked is not null && decided.Answer!.BodyHash != asked.BodyHash) return Problems.KeyReused().ToResult();
        if (!decided.Answer!.IsNew) context.Response.Headers[IdempotencyKey.ReplayedHeader] = "true";
        context.Response.Headers.Location = $"/orders/{id}";
        return TypedResults.Text(Encoding.UTF8.GetString(decided.Answer.Answer), "application/json", statusCode: StatusCodes.Status202Accepted);
    }
}

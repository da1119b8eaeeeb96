using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;
using MiniGrpc;

namespace DaprOrders.Gateway.Grpc;

/// <summary>The contract's JSON as its messages, and its problems as gRPC statuses. Pure.</summary>
internal static class Wire
{
    private sealed record Placed(string OrderId, string Status, Contracts.Money Total, string AcceptedAt);

    /// <summary>The body that the same order would have over HTTP; the same request always gives the same bytes.</summary>
    public static byte[] BodyOf(PlaceRequest request) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            Items = request.Items.Select(line => new { line.Sku, line.Quantity }), request.PaymentToken, request.Currency,
            Note = request.Note.Length > 0 ? request.Note : null,
        },
        Defaults.Json);

    public static PlaceReply ReplyOf(PlaceResult result)
    {
        var placed = JsonSerializer.Deserialize<Placed>(result.Body, Defaults.Json)!;
        return new PlaceReply { OrderId = placed.OrderId, Status = placed.Status, Total = Money(placed.Total), AcceptedAt = placed.AcceptedAt, Replayed = result.IsReplay };
    }

    public static Order OrderOf(OrderView view)
    {
        var order = new Order
        {
            OrderId = view.OrderId, CustomerId = view.CustomerId, Status = view.Status, Reason = view.Reason ?? "", Total = Money(view.Total), PlacedAt = Time(view.PlacedAt),
            UpdatedAt = Time(view.UpdatedAt), Version = view.Version, Payment = new Payment { Status = view.Payment.Status, Reference = view.Payment.Reference ?? "" }, Note = view.Note ?? "",
        };
        order.Items.Add(view.Items.Select(line => new OrderLine { Sku = line.Sku, Name = line.Name, Quantity = line.Quantity, UnitPrice = Money(line.UnitPrice) }));
        order.History.Add(view.History.Select(entry => new HistoryEntry { Status = entry.Status, At = Time(entry.At) }));
        return order;
    }

    public static Problem ProblemOf(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        string Text(string member) => json.RootElement.TryGetProperty(member, out var value) ? value.GetString() ?? "" : "";
        return new Problem { Status = json.RootElement.GetProperty("status").GetInt32(), Code = Text("code"), Detail = Text("detail") };
    }

    public static RpcException ErrorOf(Problem problem) => new(StatusOf(problem), problem.Detail, new Metadata { { "code", problem.Code } });

    public static RpcException ErrorOf(ServiceDefaults.Problem problem) => ErrorOf(new Problem { Status = problem.Status, Code = problem.Code, Detail = problem.Detail });

    private static StatusCode StatusOf(Problem problem) => problem.Status switch
    {
        400 or 415 or 428 => StatusCode.InvalidArgument,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.NotFound,
        409 when problem.Code == "in-flight" => StatusCode.Aborted,
        409 or 422 => StatusCode.FailedPrecondition,
        413 or 429 => StatusCode.ResourceExhausted,
        503 => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };

    private static Money Money(Contracts.Money money) => new() { Amount = money.Amount, Currency = money.Currency };

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
}

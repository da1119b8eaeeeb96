using System.Text;
using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Gateway.Tests.Running;

/// <summary>Answers of the services as their own records make them.</summary>
internal static class Some
{
    public const string Place = """{"items":[{"sku":"tea-100g","quantity":2}],"paymentToken":"tok_visa_ok","currency":"EUR"}""";

    public static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    public static OrderView Order(string id = "order-1", string status = "confirmed") => new(
        id, "demo", status, null, [new OrderLine("tea-100g", "Green tea, 100 g", 2, new Money(495, "EUR"))], new Money(990, "EUR"), null,
        Noon, Noon.AddSeconds(1), 6, new PaymentView("captured", "auth-1"), [new HistoryEntry("accepted", Noon), new HistoryEntry(status, Noon.AddSeconds(1))]);

    public static PlaceResult Accepted(string key) => new(202,
        Encoding.UTF8.GetBytes($$$"""{"orderId":"order-{{{key}}}","status":"accepted","total":{"amount":990,"currency":"EUR"},"acceptedAt":"2026-11-25T12:00:00.000Z"}"""), $"order-{key}");

    public static PlaceResult Refused(Problem problem) => new(problem.Status, JsonSerializer.SerializeToUtf8Bytes(problem, Defaults.Json), RetryAfter: problem.RetryAfter);
}

using System.Net.Http.Headers;
using System.Text;
using DaprOrders.Gateway.Tests.Contract;
using DaprOrders.Services.Support;
using Xunit;

namespace DaprOrders.EndToEnd;

/// <summary>
/// The running shop against the OpenAPI document that it serves: each operation is asked at least once, and every answer is one that the document names,
/// member for member. The services' own shapes are held here; how the edge behaves, Gateway.Tests holds.
/// </summary>
[Collection(OpenShop.Name)]
public sealed class ContractTests(RunningShop shop) : Buying(shop), IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = shop.Gateway };
    private readonly HashSet<string> asked = [];
    private OpenApiContract contract = null!;

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task Every_operation_answers_as_the_document_says()
    {
        contract = new OpenApiContract(await http.GetStringAsync("/openapi/v1.json", Cancellation));

        await TokensAsync();
        var sku = await ProductsAsync();
        await OrdersAsync(sku);
        await DecisionsAsync(sku);
        await CustomersAsync();
        await OperationsAsync();

        Assert.Empty(contract.Operations.Select(o => o.Operation.GetProperty("operationId").GetString()).Except(asked));
    }

    private async Task TokensAsync()
    {
        async Task<Answer> TokenAsync(params (string Name, string Value)[] form) =>
            await AskAsync("POST", "/token", content: new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value))));

        Must(200, await TokenAsync(("grant_type", "password"), ("username", "demo"), ("password", "demo"), ("expires_in", "60")));
        Must(400, await TokenAsync(("grant_type", "password"), ("username", "demo"), ("password", "wrong")));
        Must(400, await TokenAsync(("grant_type", "implicit")));
        Must(401, await TokenAsync(("grant_type", "client_credentials")));
        Must(200, await AskAsync("GET", "/.well-known/openid-configuration"));
        Must(200, await AskAsync("GET", "/.well-known/jwks.json"));
    }

    private async Task<string> ProductsAsync()
    {
        var sku = $"c-{Guid.NewGuid():N}"[..20];
        const string tea = """{"name":"Tea","price":{"amount":700,"currency":"EUR"}}""";
        Must(404, await AskAsync("GET", $"/products/{sku}"));
        Must(403, await AskAsync("PUT", $"/products/{sku}", Shop.Customer, tea));
        Must(400, await AskAsync("PUT", $"/products/{sku}", Shop.Operator, """{"name":""}"""));
        Must(200, await AskAsync("PUT", $"/products/{sku}", Shop.Operator, tea));
        Must(428, await AskAsync("POST", $"/products/{sku}/restock", Shop.Operator, """{"quantity":90}"""));
        Must(200, await AskAsync("POST", $"/products/{sku}/restock", Shop.Operator, """{"quantity":90}""", "r-1"));
        Must(200, await AskAsync("POST", $"/products/{sku}/restock", Shop.Operator, """{"quantity":90}""", "r-1"));
        Must(422, await AskAsync("POST", $"/products/{sku}/restock", Shop.Operator, """{"quantity":91}""", "r-1"));
        Must(200, await AskAsync("GET", $"/products/{sku}/ledger", Shop.Operator));
        Must(403, await AskAsync("GET", $"/products/{sku}/ledger", Shop.Customer));
        Must(200, await AskAsync("GET", "/products?limit=1"));
        Must(400, await AskAsync("GET", "/products?limit=0"));
        return sku;
    }

    private async Task OrdersAsync(string sku)
    {
        var key = Guid.NewGuid().ToString("N");
        var place = Body(sku, 1, "tok_visa_ok");
        var first = await AskAsync("POST", "/orders", Shop.Customer, place, key);
        Must(202, first);
        Must(202, await AskAsync("POST", "/orders", Shop.Customer, place, key));
        Must(422, await AskAsync("POST", "/orders", Shop.Customer, Body(sku, 2, "tok_visa_ok"), key));
        Must(422, await AskAsync("POST", "/orders", Shop.Customer, Body("no-such-sku", 1, "tok_visa_ok"), $"{key}-2"));
        Must(422, await AskAsync("POST", "/orders", Shop.Customer, place.Replace("EUR", "USD", StringComparison.Ordinal), $"{key}-3"));
        Must(400, await AskAsync("POST", "/orders", Shop.Customer, "{}", $"{key}-4"));
        Must(200, await AskAsync("POST", "/orders/batch", Shop.Customer, $$"""{"orders":[{"idempotencyKey":"{{key}}-5",{{place[1..]}},{"idempotencyKey":"{{key}}-6"},{}]}"""));
        Must(200, await AskAsync("GET", "/orders?limit=2", Shop.Operator));
        Must(400, await AskAsync("GET", "/orders?status=lost", Shop.Operator));
        Must(403, await AskAsync("GET", "/orders?customerId=demo", Shop.Customer));

        var id = first.Json.GetProperty("orderId").GetString()!;
        await EndAsync(id);
        var order = await AskAsync("GET", $"/orders/{id}", Shop.Customer, headers: ("Prefer", "wait=30"));
        Must(200, order);
        Must(304, await AskAsync("GET", $"/orders/{id}", Shop.Customer, headers: ("If-None-Match", order.Headers["ETag"])));
        Must(404, await AskAsync("GET", "/orders/no-such-order", Shop.Customer));
        var events = await AskAsync("GET", $"/orders/{id}/events", Shop.Customer);
        Must(200, events);
        Assert.Equal(6, events.Json.GetProperty("items").GetArrayLength());
        Must(400, await AskAsync("GET", "/orders/stream", Shop.Customer, headers: ("Last-Event-ID", "never-given-out")));
    }

    private async Task DecisionsAsync(string sku)
    {
        var id = await PlaceAsync(sku, 1, "tok_visa_ok");
        await EndAsync(id);
        foreach (var act in new[] { "cancel", "approve", "reject", "retry" }) Must(409, await AskAsync("POST", $"/orders/{id}/{act}", Shop.Operator));
        Must(403, await AskAsync("POST", $"/orders/{id}/refund", Shop.Customer, """{"reason":"broken"}""", "f-1"));
        Must(428, await AskAsync("POST", $"/orders/{id}/refund", Shop.Operator, """{"reason":"broken"}"""));
        Must(400, await AskAsync("POST", $"/orders/{id}/refund", Shop.Operator, """{"reason":""}""", "f-1"));
        Must(202, await AskAsync("POST", $"/orders/{id}/refund", Shop.Operator, """{"reason":"broken"}""", "f-1"));
        await UntilAsync(id, "refunded");
        Must(200, await AskAsync("GET", $"/orders/{id}", Shop.Operator));
        Must(200, await AskAsync("GET", $"/orders/{id}/events", Shop.Operator));
    }

    private async Task CustomersAsync()
    {
        var email = $"{Guid.NewGuid():N}@example.org";
        string Profile(string more = "") => $$$"""{"email":"{{{email}}}","name":"Ann","notify":{"email":true,"webhook":"http://127.0.0.1:9/hook"}{{{more}}}}""";
        var created = await AskAsync("POST", "/customers", null, Profile(""","password":"secret" """));
        Must(201, created);
        Must(409, await AskAsync("POST", "/customers", null, Profile()));
        Must(400, await AskAsync("POST", "/customers", null, """{"email":"nobody"}"""));
        var path = $"/customers/{created.Json.GetProperty("customerId").GetString()}";
        Must(200, await AskAsync("GET", path, Shop.Operator));
        Must(200, await AskAsync("PUT", path, Shop.Operator, Profile(""","orderLimit":1000""")));
        Must(404, await AskAsync("GET", path, Shop.Customer));
        Must(204, await AskAsync("DELETE", path, Shop.Operator));
        Must(404, await AskAsync("DELETE", path, Shop.Operator));
    }

    private async Task OperationsAsync()
    {
        foreach (var path in new[] { "/audit", "/read-model/verify", "/dead-letters" })
        {
            Must(200, await AskAsync("GET", path, Shop.Operator));
            Must(403, await AskAsync("GET", path, Shop.Customer));
        }

        Must(200, await AskAsync("POST", "/audit/run", Shop.Operator));
        Must(200, await AskAsync("POST", "/read-model/rebuild", Shop.Operator));
        Must(404, await AskAsync("GET", "/dead-letters/none", Shop.Operator));
        Must(404, await AskAsync("POST", "/dead-letters/none/replay", Shop.Operator));
        Must(404, await AskAsync("POST", "/dead-letters/none/discard", Shop.Operator, """{"reason":"none"}"""));
        foreach (var path in new[] { "/health/live", "/health/started", "/health/serving", "/openapi/v1.json", "/asyncapi.json" }) Must(200, await AskAsync("GET", path));
        await Until.FoundAsync(async () => (await AskAsync("GET", "/health/ready")).Status == 200 ? "ready" : null, "every service to answer the health check in its time");
    }

    private static void Must(int status, Answer answer) => Assert.True(answer.Status == status, $"{status} was to be answered, not {answer.Status} {answer.Text}");

    private async Task<Answer> AskAsync(
        string verb, string path, string? token = null, string? body = null, string? key = null, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), path) { Content = content };
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await http.SendAsync(request, Cancellation);
        var answer = await Answer.OfAsync(response, Cancellation);
        contract.Check(verb, path, answer);
        if (contract.Find(verb, path) is { } operation) asked.Add(operation.GetProperty("operationId").GetString()!);
        return answer;
    }
}

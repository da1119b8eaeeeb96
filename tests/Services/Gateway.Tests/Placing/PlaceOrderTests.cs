using System.Text;
using DaprOrders.Contracts;
using DaprOrders.Gateway.Tests.Contract;
using DaprOrders.Gateway.Tests.Running;
using DaprOrders.ServiceDefaults;
using Xunit;

namespace DaprOrders.Gateway.Tests.Placing;

public sealed class PlaceOrderTests(RunningGateway gateway) : IClassFixture<RunningGateway>
{
    [Fact]
    public async Task The_body_reaches_Ordering_byte_for_byte_and_its_answer_the_customer()
    {
        const string sent = """ { "currency":"EUR" , "note":"für \u00fc ☃", "paymentToken":"tok_visa_ok","items":[{"sku":"tea-100g","quantity":2}]} """;
        gateway.Sidecar.Forget();

        var answer = await gateway.SendAsync("POST", "/orders", gateway.Customer("ann"), sent, "key-1");

        var command = Assert.Single(Assert.Single(gateway.Sidecar.Placings).Commands);
        Assert.Equal(("ann", "key-1", sent), (command.CustomerId, command.Key, Encoding.UTF8.GetString(command.Body)));
        Assert.Equal(202, answer.Status);
        Assert.Equal(Some.Accepted("key-1").Body, answer.Body);
        Assert.Equal("/orders/order-key-1", answer.Headers["Location"]);
        Assert.DoesNotContain("Idempotency-Replayed", answer.Headers.Keys);
    }

    [Fact]
    public async Task An_order_goes_on_in_the_trace_of_its_customers_request()
    {
        gateway.Sidecar.Forget();
        using var request = RunningGateway.Request("POST", "/orders", gateway.Customer(), Some.Place, "key-1");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

        await gateway.SendAsync(request);

        var trace = Assert.Single(Assert.Single(gateway.Sidecar.Placings).Commands).Trace;
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", trace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replay_says_so()
    {
        gateway.Sidecar.Forget();
        Answers(Some.Accepted("key-1") with { IsReplay = true });

        var answer = await gateway.SendAsync("POST", "/orders", gateway.Customer(), Some.Place, "key-1");

        Assert.Equal(202, answer.Status);
        Assert.Equal("true", answer.Headers["Idempotency-Replayed"]);
    }

    [Fact]
    public async Task What_Ordering_refuses_is_refused_with_its_problem()
    {
        gateway.Sidecar.Forget();
        foreach (var problem in new[]
        {
            Problems.Invalid("items", "1 to 50 items"), Problems.KeyReused(), Problems.InFlight(), Problems.Unavailable("Prices cannot be had now; nothing was stored."),
            Problems.Unprocessable("unknown-sku", "Unknown SKU", "There is no product x."), Problems.Unprocessable("currency-mismatch", "Currency mismatch", "x is sold in USD."),
            Problems.Unprocessable("total-too-large", "Total too large", "The total may be 10^15."),
        })
        {
            Answers(Some.Refused(problem));

            var answer = await gateway.SendAsync("POST", "/orders", gateway.Customer(), Some.Place, "key-1");

            answer.MustBe(problem.Status, problem.Code);
            if (problem.RetryAfter is { } seconds) Assert.Equal($"{seconds}", answer.Headers["Retry-After"]);
        }
    }

    /// <summary>Everything is wrong with the first request; each next one has one fault less and is told the next.</summary>
    [Fact]
    public async Task Checks_run_in_the_order_of_the_contract()
    {
        gateway.Sidecar.Forget();
        Answers(Some.Refused(Problems.Invalid("items", "1 to 50 items")));
        foreach (var path in new[] { "/orders", "/orders/batch" })
        {
            (await SendAsync(path, null, "text/plain", null, "{")).MustBe(401, "unauthenticated");
            (await SendAsync(path, "garbled", "text/plain", null, "{")).MustBe(401, "unauthenticated");
            (await SendAsync(path, gateway.Operator(), "text/plain", null, "{")).MustBe(403, "forbidden");
            (await SendAsync(path, gateway.Customer(), "text/plain", null, "{")).MustBe(415, "unsupported-media-type");
            (await SendAsync(path, gateway.Customer(), null, null, "{")).MustBe(415, "unsupported-media-type");
            (await SendAsync(path, gateway.Customer(), "application/json", null, new string(' ', 262_145))).MustBe(413, "too-large");
        }

        (await SendAsync("/orders", gateway.Customer(), "application/json", null, "{")).MustBe(428, "key-required");
        foreach (var key in new[] { "", "two words", new string('k', 129) })
            (await SendAsync("/orders", gateway.Customer(), "application/json", key, "{")).MustBe(400, "invalid-request");
        Assert.Empty(gateway.Sidecar.Placings);
        (await SendAsync("/orders", gateway.Customer(), "application/json", new string('k', 128), "{")).MustBe(400, "invalid-request"); // Ordering's word
        Assert.Single(gateway.Sidecar.Placings);
    }

    private void Answers(PlaceResult result) => gateway.Sidecar.Answers(Reply.Json(new PlaceResults([result])));

    private Task<Answer> SendAsync(string path, string? token, string? type, string? key, string body)
    {
        var request = RunningGateway.Request("POST", path, token, key: key);
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (type is not null) request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        return gateway.SendAsync(request);
    }
}

using System.Net.Http.Headers;
using System.Text;
using DaprOrders.Gateway.Tests.Running;
using DaprOrders.ServiceDefaults;
using Xunit;

namespace DaprOrders.Gateway.Tests.Edge;

/// <summary>Whatever goes wrong, the client gets a problem of the contract.</summary>
public sealed class ProblemTests(RunningGateway gateway) : IClassFixture<RunningGateway>
{
    private static readonly Reply NotInvoked = new(403, "application/json", """{"errorCode":"ERR_DIRECT_INVOKE","message":"access control policy has denied access"}"""u8.ToArray());

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/nowhere")]
    [InlineData("POST", "/orders/order-1/lose")]
    [InlineData("GET", "/internal/orders")]
    [InlineData("GET", "/v1.0/invoke/ordering/method/orders")]
    [InlineData("GET", "/dapr/subscribe")]
    public async Task An_unknown_address_is_404(string verb, string path) => (await gateway.SendAsync(verb, path, gateway.Operator())).MustBe(404, "not-found");

    [Fact]
    public async Task Every_address_of_the_document_answers_405_to_what_it_does_not_take()
    {
        foreach (var path in gateway.Contract.Operations.GroupBy(operation => operation.Path))
        {
            var taken = path.Select(operation => operation.Verb).ToList();
            foreach (var verb in new[] { "GET", "POST", "PUT", "PATCH", "DELETE" }.Except(taken))
            {
                if (verb == "GET" && path.Key == "/orders/batch") continue; // an order of this name, as far as the router knows

                var answer = await gateway.SendAsync(verb, path.Key.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal), gateway.Operator());

                answer.MustBe(405, "method-not-allowed");
                Assert.Subset(answer.Headers["Allow"].Split(", ").ToHashSet(), taken.ToHashSet());
            }
        }
    }

    public static TheoryData<string, int> SidecarFaults => new() { { "refused", 403 }, { "unknown", 404 }, { "broken", 500 }, { "timed out", 504 }, { "busy", 429 } };

    [Theory]
    [MemberData(nameof(SidecarFaults))]
    public async Task What_the_sidecar_says_of_itself_is_503(string what, int status)
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(NotInvoked with { Status = status });

        foreach (var (verb, path) in new[] { ("GET", "/orders/order-1"), ("GET", "/products"), ("GET", "/audit") })
        {
            var answer = await gateway.SendAsync(verb, path, gateway.Operator());

            Assert.True(answer.Status == 503, what);
            Assert.Equal("2", answer.Headers["Retry-After"]);
        }
    }

    [Fact]
    public async Task A_problem_of_a_service_goes_through_as_it_is()
    {
        gateway.Sidecar.Forget();
        var problem = Reply.Of(Problems.WrongState("An order that is confirmed cannot be cancelled.", "confirmed"));
        gateway.Sidecar.Answers(problem);

        var answer = await gateway.SendAsync("POST", "/orders/order-1/cancel", gateway.Customer());

        answer.MustBe(409, "wrong-state");
        Assert.Equal(problem.Body, answer.Body);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_before_its_first_byte_is_503_without_the_headers_of_the_answer()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(new Reply(200, "application/json", [], ("Content-Length", "1000"), ("ETag", "\"6\"")));

        var answer = await gateway.SendAsync("GET", "/orders/order-1", gateway.Customer());

        answer.MustBe(503, "unavailable");
        Assert.DoesNotContain("ETag", answer.Headers.Keys);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_over_256_KiB_is_413_wherever_it_goes(bool isChunked)
    {
        gateway.Sidecar.Forget();
        foreach (var (verb, path, token) in new[]
        {
            ("POST", "/orders", gateway.Customer()), ("POST", "/orders/batch", gateway.Customer()), ("POST", "/products/tea-100g/restock", gateway.Operator()),
            ("PUT", "/products/tea-100g", gateway.Operator()), ("POST", "/customers", null), ("POST", "/orders/order-1/refund", gateway.Operator()), ("POST", "/token", null),
        })
        {
            var request = RunningGateway.Request(verb, path, token, key: "k-1");
            var body = new ByteArrayContent(Encoding.ASCII.GetBytes(new string(' ', (256 * 1024) + 1)));
            body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Content = body;
            request.Headers.TransferEncodingChunked = isChunked;

            (await gateway.SendAsync(request)).MustBe(413, "too-large");
        }
    }

    [Fact]
    public async Task While_services_are_away_the_shop_is_alive_and_not_ready_and_says_what_is_missing()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answer = invoked => Task.FromResult(invoked.App == "payments" ? NotInvoked with { Status = 500 } : Reply.Json(new { Status = "ready" }));

        var ready = await gateway.SendAsync("GET", "/health/ready");
        var live = await gateway.SendAsync("GET", "/health/live");
        var started = await gateway.SendAsync("GET", "/health/started");
        gateway.Sidecar.Answers(Reply.Json(new { Status = "ready" }));
        var again = await gateway.SendAsync("GET", "/health/ready");

        ready.MustBe(503, "unavailable");
        Assert.Contains("payments", ready.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("ordering", ready.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal([200, 200, 200], [live.Status, started.Status, again.Status]);
    }
}

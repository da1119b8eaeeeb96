using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DaprOrders.Services.Support;
using Xunit;

namespace DaprOrders.Operations.Tests.Platform;

/// <summary>
/// Every request that a runbook or the drill tells an operator to make does in the running shop what the page says: each is made on an order or a dead
/// letter for which it is meant.
/// </summary>
public sealed partial class RunbookCommandTests(MeasuredShop shop) : IClassFixture<MeasuredShop>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_request_of_the_runbooks_does_what_it_is_meant_for()
    {
        var pages = Directory.GetFiles(Repository.PathOf("docs/runbooks"), "*.md").Append(Repository.PathOf("docs/multi-region.md")).Select(File.ReadAllText);
        var requests = pages.SelectMany(page => Request().Matches(page)).Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}").Distinct()
            .Where(request => request != "POST /orders") // of customers
            .Where(request => !request.Contains(" /internal/", StringComparison.Ordinal) && !request.Contains(" /v1.0/", StringComparison.Ordinal)).ToList(); // inside the shop, not at its edge
        using var operators = await shop.CallerAsync("operator");
        var subjects = await SubjectsAsync(operators);

        Assert.True(requests.Count > 10);
        var failed = new List<string>();
        foreach (var line in requests.Order(StringComparer.Ordinal)) // looks before acts
        {
            if (line.Contains("{id}", StringComparison.Ordinal) && !subjects.ContainsKey(line)) failed.Add($"{line}: this test has nothing to do it on");
            else if (await ProblemOfAsync(operators, line, subjects.GetValueOrDefault(line)) is { } problem) failed.Add($"{line}: {problem}");
        }

        Assert.Empty(failed);
    }

    /// <summary>Null when it was answered as an operator needs it.</summary>
    private static async Task<string?> ProblemOfAsync(HttpClient operators, string line, string? subject)
    {
        var parts = line.Replace("{id}", subject, StringComparison.Ordinal).Split(" /");
        using var request = new HttpRequestMessage(new HttpMethod(parts[0]), parts[1]);
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString("N"));
        if (parts[0] == "POST") request.Content = new StringContent("""{"reason":"drill"}""", new MediaTypeHeaderValue("application/json"));
        using var answer = await operators.SendAsync(request, Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        // No order of a shop that is well is parked; that it was understood is told by the status that it names.
        if (line == "POST /orders/{id}/retry") return answer.StatusCode == HttpStatusCode.Conflict && text.Contains("\"confirmed\"", StringComparison.Ordinal) ? null : $"{(int)answer.StatusCode} {text}";
        if (!answer.IsSuccessStatusCode || text.Length == 0) return $"{(int)answer.StatusCode} {text}";
        using var body = JsonDocument.Parse(text);
        return parts[0] != "GET" || IsWhatWasAskedFor(line, body.RootElement, subject) ? null : $"answered with {text}";
    }

    private static bool IsWhatWasAskedFor(string line, JsonElement body, string? subject) => line switch
    {
        "GET /orders/{id}/events" => body.GetProperty("items").EnumerateArray().Any(happened => happened.GetProperty("type").GetString() == "com.daprorders.order.confirmed.v1"),
        "GET /orders?status=awaiting-approval" => body.GetProperty("items").GetArrayLength() >= 2,
        "GET /dead-letters" => body.GetProperty("items").GetArrayLength() >= 2,
        "GET /dead-letters/{id}" => body.GetProperty("id").GetString() == subject,
        "GET /audit" => body.GetProperty("accepted").GetInt64() > 300,
        "GET /read-model/verify" => (body.GetProperty("rows").GetInt64() > 300, body.GetProperty("differences").GetInt64()) == (true, 0),
        _ => body.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array, // the others look for what is not there while all is well
    };

    private async Task<Dictionary<string, string>> SubjectsAsync(HttpClient operators)
    {
        using var customer = await shop.CallerAsync("demo");
        await SellAsync(operators, "urn", 2_000_000); // above the limit: somebody decides
        var (approved, cancelled) = (await MeasuredShop.PlaceAsync(customer, "urn"), await MeasuredShop.PlaceAsync(customer, "urn"));
        var confirmed = await MeasuredShop.PlaceAsync(customer, "sku-001");
        foreach (var (id, status) in new[] { (approved, "awaiting-approval"), (cancelled, "awaiting-approval"), (confirmed, "confirmed") })
            await Until.FoundAsync(async () => (await GetAsync(operators, $"orders/{id}")).GetProperty("status").GetString() == status ? "yes" : null, $"{id} {status}");
        var (letters, other) = (await LettersAsync(operators), await OtherAsync(customer, operators));
        // These follow the shop, and may be behind it.
        foreach (var line in new[] { "GET /audit", "GET /read-model/verify", "GET /orders?status=awaiting-approval" })
            await Until.FoundAsync(async () => await ProblemOfAsync(operators, line, null) is null ? line : null, $"{line} caught up");
        return new Dictionary<string, string>
        {
            ["POST /orders/{id}/approve"] = approved, ["POST /orders/{id}/cancel"] = cancelled, ["POST /orders/{id}/refund"] = confirmed, ["POST /orders/{id}/retry"] = other,
            ["GET /orders/{id}/events"] = confirmed, ["GET /dead-letters/{id}"] = letters[0], ["POST /dead-letters/{id}/replay"] = letters[0], ["POST /dead-letters/{id}/discard"] = letters[1],
        };
    }

    private static async Task<string> OtherAsync(HttpClient customer, HttpClient operators)
    {
        var id = await MeasuredShop.PlaceAsync(customer, "sku-002");
        await Until.FoundAsync(async () => (await GetAsync(operators, $"orders/{id}")).GetProperty("status").GetString() == "confirmed" ? "yes" : null, $"{id} confirmed");
        return id;
    }

    private static async Task SellAsync(HttpClient operators, string sku, long amount)
    {
        using var product = new StringContent($$$"""{"name":"{{{sku}}}","price":{"amount":{{{amount}}},"currency":"EUR"}}""", Encoding.UTF8, "application/json");
        using var put = await operators.PutAsync(new Uri($"products/{sku}", UriKind.Relative), product, Cancellation);
        put.EnsureSuccessStatusCode();
        using var restock = new HttpRequestMessage(HttpMethod.Post, $"products/{sku}/restock") { Content = new StringContent("""{"quantity":10}""", new MediaTypeHeaderValue("application/json")) };
        restock.Headers.Add("Idempotency-Key", $"restock-{sku}");
        using var filled = await operators.SendAsync(restock, Cancellation);
        filled.EnsureSuccessStatusCode();
    }

    /// <summary>Two ends of orders that nobody understands, put on the bus as Ordering would.</summary>
    private async Task<IReadOnlyList<string>> LettersAsync(HttpClient operators)
    {
        using var bus = new HttpClient { BaseAddress = await shop.SidecarOfOrderingAsync() };
        foreach (var id in new[] { "drill-1", "drill-2" })
        {
            using var cloudEvent = new StringContent(
                $$$"""{"specversion":"1.0","id":"{{{id}}}","source":"ordering","type":"com.daprorders.order.confirmed.v1","datacontenttype":"application/json","data":{"neither":"an order"}}""",
                new MediaTypeHeaderValue("application/cloudevents+json"));
            using var taken = await bus.PostAsync(new Uri("/v1.0/publish/orders-pubsub/orders", UriKind.Relative), cloudEvent, Cancellation);
            taken.EnsureSuccessStatusCode();
        }

        return await Until.FoundAsync(async () =>
        {
            var letters = (await GetAsync(operators, "dead-letters")).GetProperty("items").EnumerateArray().Select(letter => letter.GetProperty("id").GetString()!).ToList();
            return letters.Count >= 2 ? letters : null;
        }, "two dead letters");
    }

    private static async Task<JsonElement> GetAsync(HttpClient operators, string path)
    {
        using var body = JsonDocument.Parse(await operators.GetStringAsync(new Uri(path, UriKind.Relative), Cancellation));
        return body.RootElement.Clone();
    }

    [GeneratedRegex(@"`(GET|POST) (/[^`\s]+)`")]
    private static partial Regex Request();
}

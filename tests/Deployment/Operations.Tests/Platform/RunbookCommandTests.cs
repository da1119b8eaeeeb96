using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace DaprOrders.Operations.Tests.Platform;

/// <summary>Every request that a runbook or the drill tells an operator to make is one that the running shop answers.</summary>
public sealed partial class RunbookCommandTests(MeasuredShop shop) : IClassFixture<MeasuredShop>
{
    [Fact]
    public async Task Every_request_of_the_runbooks_is_answered_by_the_shop()
    {
        var pages = Directory.GetFiles(Repository.PathOf("docs/runbooks"), "*.md").Append(Repository.PathOf("docs/multi-region.md")).Select(File.ReadAllText);
        var requests = pages.SelectMany(page => Request().Matches(page)).Select(match => (Method: match.Groups[1].Value, Path: match.Groups[2].Value)).Distinct()
            .Where(request => request != ("POST", "/orders")) // of customers
            .Where(request => !request.Path.StartsWith("/internal/", StringComparison.Ordinal) && !request.Path.StartsWith("/v1.0/", StringComparison.Ordinal)).ToList(); // inside the shop, not at its edge
        using var http = await OperatorAsync();
        using var orders = JsonDocument.Parse(await http.GetStringAsync("orders?status=confirmed", TestContext.Current.CancellationToken));
        var order = orders.RootElement.GetProperty("items")[0].GetProperty("orderId").GetString();

        Assert.True(requests.Count > 10);
        var unknown = new List<string>();
        foreach (var (method, path) in requests)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path.Replace("/orders/{id}", $"/orders/{order}", StringComparison.Ordinal).Replace("{id}", "none", StringComparison.Ordinal)[1..]);
            request.Headers.Add("Idempotency-Key", $"runbook-{Guid.NewGuid():N}");
            if (method == "POST") request.Content = new StringContent("""{"reason":"drill"}""", new MediaTypeHeaderValue("application/json"));
            using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            if (answer.StatusCode is HttpStatusCode.MethodNotAllowed or HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized or >= HttpStatusCode.InternalServerError
                || text.Contains("nothing at this address", StringComparison.Ordinal)) unknown.Add($"{method} {path}: {(int)answer.StatusCode} {text}");
        }

        Assert.Empty(unknown);
    }

    private async Task<HttpClient> OperatorAsync()
    {
        var http = new HttpClient { BaseAddress = shop.Gateway };
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "password", ["username"] = "operator", ["password"] = "operator" });
        using var answer = await http.PostAsync("token", form);
        using var token = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.RootElement.GetProperty("access_token").GetString());
        return http;
    }

    [GeneratedRegex(@"`(GET|POST) (/[^`\s]+)`")]
    private static partial Regex Request();
}

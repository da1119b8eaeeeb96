using System.Text.Json.Nodes;
using Xunit;

namespace DaprOrders.Customers.Tests;

/// <summary>Profiles as api.md has them.</summary>
public sealed class CustomerTests : IAsyncLifetime
{
    private RunningCustomers shop = null!;

    public async ValueTask InitializeAsync() => shop = await RunningCustomers.StartAsync();

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    [Fact]
    public async Task A_registered_customer_can_be_read_changed_and_deleted_by_himself()
    {
        var (status, text, answer) = await shop.AskAsync("POST /customers", null, RunningCustomers.Profile("ada@example.com"));
        var id = $"{JsonNode.Parse(text)!["customerId"]}";
        Assert.Equal((201, $"/customers/{id}"), (status, $"{answer.Headers.Location}"));
        Assert.Equal(["customerId", "email", "name", "notify", "createdAt"], JsonNode.Parse(text)!.AsObject().Select(member => member.Key));

        Assert.Equal(text, (await shop.AskAsync($"GET /customers/{id}", id)).Text);
        var changed = await shop.OkAsync($"PUT /customers/{id}", id, RunningCustomers.Profile("countess@example.com", wantsMail: false));
        Assert.Equal(("countess@example.com", false), ($"{changed["email"]}", (bool)changed["notify"]!["email"]!));
        Assert.Equal(204, (await shop.AskAsync($"DELETE /customers/{id}", id)).Status);

        foreach (var verb in new[] { "GET", "DELETE" }) Assert.Equal((404, "not-found"), await shop.ProblemAsync($"{verb} /customers/{id}", "operator"));
        Assert.Equal((404, "not-found"), await shop.ProblemAsync($"PUT /customers/{id}", id, RunningCustomers.Profile("ada@example.com")));
        Assert.DoesNotContain("Ada", shop.Sidecar.Document($"customer-{id}")!, StringComparison.Ordinal);
        Assert.DoesNotContain("example.com", shop.Sidecar.Document($"customer-{id}")!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_customers_profile_is_not_there()
    {
        var id = await RegisterAsync("ada@example.com");

        foreach (var line in new[] { $"GET /customers/{id}", $"DELETE /customers/{id}" }) Assert.Equal((404, "not-found"), await shop.ProblemAsync(line, "somebody"));
        Assert.Equal((404, "not-found"), await shop.ProblemAsync($"PUT /customers/{id}", "somebody", RunningCustomers.Profile("x@example.com")));
        Assert.Equal(200, (await shop.AskAsync($"GET /customers/{id}", "operator")).Status);
    }

    [Fact]
    public async Task An_email_address_belongs_to_one_customer_until_he_changes_it_or_goes()
    {
        var id = await RegisterAsync("ada@example.com");
        var other = await RegisterAsync("bob@example.com");

        Assert.Equal((409, "email-in-use"), await shop.ProblemAsync("POST /customers", null, RunningCustomers.Profile("ADA@example.com")));
        Assert.Equal((409, "email-in-use"), await shop.ProblemAsync($"PUT /customers/{other}", other, RunningCustomers.Profile("ada@example.com")));
        await shop.OkAsync($"PUT /customers/{id}", id, RunningCustomers.Profile("new@example.com"));
        await shop.OkAsync($"PUT /customers/{other}", other, RunningCustomers.Profile("ada@example.com"));
        await shop.AskAsync($"DELETE /customers/{other}", other);
        await RegisterAsync("ada@example.com");
    }

    [Fact]
    public async Task Of_many_who_want_the_same_address_at_once_one_gets_it()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => shop.AskAsync("POST /customers", null, RunningCustomers.Profile("ada@example.com"))));

        Assert.Equal(1, answers.Count(a => a.Status == 201));
        Assert.Equal(19, answers.Count(a => a.Status == 409));
    }

    [Fact]
    public async Task The_webhooks_secret_is_shown_by_the_answer_that_set_the_webhook_and_never_again()
    {
        var created = await shop.OkAsync("POST /customers", null, RunningCustomers.Profile("ada@example.com", "http://127.0.0.1:9/hook"));
        var id = $"{created["customerId"]}";
        var secret = $"{created["webhookSecret"]}";
        Assert.Equal(64, secret.Length);

        Assert.Null((await shop.OkAsync($"GET /customers/{id}", id))["webhookSecret"]);
        Assert.Null((await shop.OkAsync($"PUT /customers/{id}", id, RunningCustomers.Profile("ada@example.com", "http://127.0.0.1:9/hook")))["webhookSecret"]);
        Assert.Equal(secret, await SecretOfAsync(id));
        var moved = await shop.OkAsync($"PUT /customers/{id}", id, RunningCustomers.Profile("ada@example.com", "http://127.0.0.1:9/other"));
        Assert.NotEqual(secret, $"{moved["webhookSecret"]}");
        Assert.Equal($"{moved["webhookSecret"]}", await SecretOfAsync(id));
        await shop.OkAsync($"PUT /customers/{id}", id, RunningCustomers.Profile("ada@example.com"));
        Assert.Null(await SecretOfAsync(id));
    }

    [Fact]
    public async Task A_limit_is_set_and_removed_by_operators_only_and_Ordering_is_told_before_the_answer()
    {
        var id = await RegisterAsync("ada@example.com");
        var profile = RunningCustomers.Profile("ada@example.com");
        Assert.Equal("""{"orderLimit":null}""", (await shop.AskAsync($"GET /internal/limits/{id}", null)).Text);
        foreach (var limit in new JsonNode?[] { 5, null })
        {
            var tried = profile.DeepClone().AsObject();
            tried["orderLimit"] = limit?.DeepClone();
            Assert.Equal((403, "forbidden"), await shop.ProblemAsync($"PUT /customers/{id}", id, tried));
            Assert.Equal((403, "forbidden"), await shop.ProblemAsync("POST /customers", null, tried));
        }

        profile["orderLimit"] = 5000;
        Assert.Equal(5000, (long)(await shop.OkAsync($"PUT /customers/{id}", "operator", profile))["orderLimit"]!);
        Assert.Equal(5000, (long)(await shop.OkAsync($"PUT /customers/{id}", id, RunningCustomers.Profile("ada@example.com")))["orderLimit"]!); // left out: as it was
        Assert.Equal("""{"orderLimit":5000}""", (await shop.AskAsync($"GET /internal/limits/{id}", null)).Text);
        profile["orderLimit"] = null;
        Assert.Null((await shop.OkAsync($"PUT /customers/{id}", "operator", profile))["orderLimit"]);
        Assert.Equal("""{"orderLimit":null}""", (await shop.AskAsync($"GET /internal/limits/{id}", null)).Text);
        Assert.Equal(404, (await shop.AskAsync("GET /internal/limits/nobody", null)).Status);

        Assert.Equal([$$"""{"customerId":"{{id}}","orderLimit":5000}""", $$"""{"customerId":"{{id}}","orderLimit":null}"""], shop.Sidecar.Invoked.Select(call => call.Body));
        Assert.All(shop.Sidecar.Invoked, call => Assert.Equal("POST ordering/internal/limits/changed", call.Path));
    }

    [Fact]
    public async Task A_limit_can_be_changed_while_Ordering_is_away()
    {
        var id = await RegisterAsync("ada@example.com");
        shop.Sidecar.Apps.Clear();
        var profile = RunningCustomers.Profile("ada@example.com");
        profile["orderLimit"] = 1;

        Assert.Equal(1, (long)(await shop.OkAsync($"PUT /customers/{id}", "operator", profile))["orderLimit"]!);
    }

    [Fact]
    public async Task The_users_of_development_have_profiles_from_the_start()
    {
        foreach (var id in new[] { "demo", "operator" }) Assert.Equal(id, $"{(await shop.OkAsync($"GET /customers/{id}", id))["customerId"]}");
        Assert.Equal("""{"orderLimit":null}""", (await shop.AskAsync("GET /internal/limits/demo", null)).Text);

        await shop.AskAsync("DELETE /customers/demo", "demo");

        Assert.Equal(404, (await shop.AskAsync("GET /customers/demo", "demo")).Status);
    }

    [Fact]
    public async Task Whoever_registers_with_a_password_gets_a_token_and_loses_it_with_his_profile()
    {
        var profile = RunningCustomers.Profile("ada@example.com");
        profile["password"] = "lovelace";
        var id = $"{(await shop.OkAsync("POST /customers", null, profile))["customerId"]}";

        Assert.Equal(200, await TokenAsync("ada@example.com", "lovelace"));
        Assert.Equal(400, await TokenAsync("ada@example.com", "babbage"));
        await shop.AskAsync($"DELETE /customers/{id}", id);
        Assert.Equal(400, await TokenAsync("ada@example.com", "lovelace"));
    }

    [Theory]
    [InlineData("""{"name":"Ada","notify":{"email":true}}""")]
    [InlineData("""{"email":"nobody","name":"Ada","notify":{"email":true}}""")]
    [InlineData("""{"email":"ada@example.com","notify":{"email":true}}""")]
    [InlineData("""{"email":"ada@example.com","name":"Ada"}""")]
    [InlineData("""{"email":"ada@example.com","name":"Ada","notify":{}}""")]
    [InlineData("""{"email":"ada@example.com","name":"Ada","notify":{"email":"yes"}}""")]
    [InlineData("""{"email":"ada@example.com","name":"Ada","notify":{"email":true,"webhook":"ftp://example.com"}}""")]
    [InlineData("""{"email":"ada@example.com","name":"Ada","notify":{"email":true,"webhook":"https://user:secret@example.com"}}""")]
    [InlineData("""{"email":"ada@example.com","name":"Ada","notify":{"email":true},"orderlimit":5}""")]
    [InlineData("""{"email":"ada@example.com","name":"Ada","notify":{"email":true},"orderLimit":-1}""")]
    [InlineData("""{"email":"ada@example.com","name":"Ada","notify":{"email":true},"orderLimit":"5"}""")]
    [InlineData("""{"email":"ada@example.com","name":"Ada","notify":{"email":true},"password":""}""")]
    public async Task A_profile_that_is_not_right_is_refused(string body) =>
        Assert.Equal((400, "invalid-request"), await shop.ProblemAsync("POST /customers", "operator", JsonNode.Parse(body)));

    [Theory]
    [InlineData("http://example.com/hook"), InlineData("https://127.0.0.1/hook"), InlineData("https://localhost/hook"), InlineData("https://[::1]/hook"), InlineData("https://169.254.169.254/latest")]
    public async Task Outside_development_a_webhook_is_https_and_on_the_public_internet(string webhook)
    {
        await using var production = await RunningCustomers.StartAsync("Production");

        Assert.Equal((403, "forbidden"), await production.ProblemAsync("POST /customers", null, RunningCustomers.Profile("ada@example.com")));
        Assert.Equal((400, "invalid-request"), await production.ProblemAsync("POST /customers", "operator", RunningCustomers.Profile("ada@example.com", webhook)));
        Assert.Equal(201, (await production.AskAsync("POST /customers", "operator", RunningCustomers.Profile("ada@example.com", "https://8.8.8.8/hook"))).Status);
    }

    [Fact]
    public async Task A_store_that_is_away_is_unavailable_and_not_an_error()
    {
        shop.Sidecar.Refuse = _ => true;

        Assert.Equal((503, "unavailable"), await shop.ProblemAsync("POST /customers", null, RunningCustomers.Profile("ada@example.com")));
    }

    private async Task<string> RegisterAsync(string email) => $"{(await shop.OkAsync("POST /customers", null, RunningCustomers.Profile(email)))["customerId"]}";

    private async Task<string?> SecretOfAsync(string id) =>
        (await shop.OkAsync("POST /internal/recipients", null, new JsonObject { ["customerIds"] = new JsonArray(id) }))["items"]![0]!["webhookSecret"]?.ToString();

    private async Task<int> TokenAsync(string user, string password)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "password", ["username"] = user, ["password"] = password });
        using var answer = await shop.Http.PostAsync(new Uri("/token", UriKind.Relative), form);
        return (int)answer.StatusCode;
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LocalDapr.Cli.Run;
using Xunit;

namespace DaprOrders.PaymentProvider.Tests;

/// <summary>The provider as its own process, so that it can be killed.</summary>
public sealed class ProviderTests : IAsyncLifetime
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);
    private readonly string data = Directory.CreateTempSubdirectory("daprorders-provider").FullName;
    private readonly HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{FreePort.Take(1)[0]}") };
    private Process? process;

    public async ValueTask InitializeAsync() => await StartAsync();

    public ValueTask DisposeAsync()
    {
        Kill();
        http.Dispose();
        Directory.Delete(data, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_same_key_and_body_gives_the_same_reply_and_another_body_is_refused()
    {
        var (_, first) = await AuthoriseAsync("k1", "o1", 1000, "tok_visa_ok");
        var (_, again) = await AuthoriseAsync("k1", "o1", 1000, "tok_visa_ok");
        var (other, _) = await AuthoriseAsync("k1", "o1", 2000, "tok_visa_ok");

        Assert.Equal(first, again);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other);
        Assert.Single(await LedgerAsync("o1"));
    }

    [Fact]
    public async Task A_post_without_a_key_or_with_half_a_body_is_refused()
    {
        using var noKey = await http.PostAsJsonAsync("/authorise", new { reference = "o1" }, TestContext.Current.CancellationToken);
        using var half = await SendAsync("k1", new { reference = "o1" });

        Assert.Equal(HttpStatusCode.BadRequest, noKey.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, half.StatusCode);
    }

    [Fact]
    public async Task A_flaky_token_fails_twice_and_then_works()
    {
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 3; i++) statuses.Add((await AuthoriseAsync("k1", "o1", 1000, "tok_flaky")).Status);

        Assert.Equal([HttpStatusCode.InternalServerError, HttpStatusCode.InternalServerError, HttpStatusCode.OK], statuses);
    }

    [Fact]
    public async Task A_lost_reply_took_effect_and_is_given_when_asked_again()
    {
        await Assert.ThrowsAsync<HttpRequestException>(() => AuthoriseAsync("k1", "o1", 1000, "tok_lost_reply"));
        var (status, reply) = await AuthoriseAsync("k1", "o1", 1000, "tok_lost_reply");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("authorised", reply, StringComparison.Ordinal);
        Assert.Single(await LedgerAsync("o1"));
    }

    [Fact]
    public async Task What_was_answered_is_in_the_ledger_after_a_kill()
    {
        var (_, before) = await AuthoriseAsync("k1", "o1", 1000, "tok_visa_ok");

        Kill();
        await StartAsync();

        Assert.Single(await LedgerAsync("o1"));
        Assert.Equal(before, (await AuthoriseAsync("k1", "o1", 1000, "tok_visa_ok")).Body);
    }

    private async Task<(HttpStatusCode Status, string Body)> AuthoriseAsync(string key, string reference, long amount, string token)
    {
        using var answer = await SendAsync(key, new { reference, amount = new { amount, currency = "EUR" }, token });
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private async Task<HttpResponseMessage> SendAsync(string key, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/authorise") { Content = JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", key);
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private async Task<IReadOnlyList<JsonElement>> LedgerAsync(string reference)
    {
        var page = await http.GetFromJsonAsync<JsonElement>($"/ledger?reference={reference}", TestContext.Current.CancellationToken);
        return [.. page.GetProperty("operations").EnumerateArray()];
    }

    private async Task StartAsync()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "PaymentProvider.dll")]) { RedirectStandardOutput = true };
        start.Environment["PAYMENT_PROVIDER_PORT"] = http.BaseAddress!.Port.ToString();
        start.Environment["DAPRORDERS_DATA"] = data;
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < StartDeadline && !process.HasExited; await Task.Delay(50))
        {
            try
            {
                if ((await http.GetAsync(new Uri("/health/live", UriKind.Relative))).IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }

        Assert.Fail("The provider did not start.");
    }

    private void Kill()
    {
        process!.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}

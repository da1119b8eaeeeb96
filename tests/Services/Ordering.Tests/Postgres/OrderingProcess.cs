using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;
using DaprOrders.Services.Support;
using LocalDapr.Cli.Run;
using Xunit;

namespace DaprOrders.Ordering.Tests.Postgres;

/// <summary>Ordering as it is deployed: a process of its own.</summary>
internal sealed class OrderingProcess : IAsyncDisposable
{
    private readonly HttpClient http;
    private readonly Process process;
    private readonly StringBuilder output = new();

    private OrderingProcess(Process process, int port)
    {
        this.process = process;
        http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(30) };
    }

    public static async Task<OrderingProcess> StartAsync(IEnumerable<KeyValuePair<string, string?>> environment)
    {
        var port = FreePort.Take(1)[0];
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Ordering.dll")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        start.Environment["APP_PORT"] = $"{port}";
        var ordering = new OrderingProcess(Process.Start(start)!, port);
        ordering.process.OutputDataReceived += (_, line) => ordering.Note(line.Data);
        ordering.process.ErrorDataReceived += (_, line) => ordering.Note(line.Data);
        ordering.process.BeginOutputReadLine();
        ordering.process.BeginErrorReadLine();
        await Until.FoundAsync(ordering.ReadyAsync, "an Ordering that is ready");
        return ordering;
    }

    public string Output { get { lock (output) return output.ToString(); } }

    /// <summary>Null when it is away, or does not take the order now.</summary>
    public async Task<string?> PlaceAsync(string key)
    {
        var body = Encoding.UTF8.GetBytes("""{"items":[{"sku":"tea","quantity":2}],"paymentToken":"tok_visa_ok","currency":"EUR"}""");
        try
        {
            using var answer = await http.PostAsJsonAsync("/internal/orders/place", new PlaceBatch([new PlaceCommand("demo", key, body)]), Defaults.Json, TestContext.Current.CancellationToken);
            var result = (await answer.Content.ReadFromJsonAsync<PlaceResults>(Defaults.Json, TestContext.Current.CancellationToken))!.Items[0];
            Assert.True(result.Status is 202 or 409 or 503, $"{result.Status}: {Encoding.UTF8.GetString(result.Body)}");
            return result.Status == 202 ? result.OrderId : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async Task TellPriceAsync(ProductPrice price)
    {
        using var answer = await http.PostAsJsonAsync("/internal/prices/changed", new PricesChanged([price]), Defaults.Json, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        http.Dispose();
    }

    private async Task<string?> ReadyAsync()
    {
        Assert.False(process.HasExited, Output);
        try
        {
            using var answer = await http.GetAsync("/health/ready", TestContext.Current.CancellationToken);
            return answer.IsSuccessStatusCode ? "ready" : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private void Note(string? line)
    {
        lock (output) output.AppendLine(line);
    }
}

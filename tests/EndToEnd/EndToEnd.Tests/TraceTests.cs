using System.Collections.Concurrent;
using System.Net;
using DaprOrders.Services.Support;
using LocalDapr.Runtime.Tests.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace DaprOrders.EndToEnd;

/// <summary>The spans that the shop's processes export, as a collector gets them.</summary>
public sealed class TraceTests : IAsyncLifetime
{
    private const int Orders = 20;
    private readonly ConcurrentQueue<CollectedSpan> spans = new();
    private WebApplication collector = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        collector = builder.Build();
        collector.Run(TakeAsync);
        await collector.StartAsync();
    }

    public ValueTask DisposeAsync() => collector.DisposeAsync();

    [Fact]
    public async Task Each_of_many_orders_is_one_trace_from_its_request_to_the_mail_of_its_end()
    {
        await using var shop = new RunningShop { Collector = new Uri(collector.Urls.First()) };
        await shop.InitializeAsync();
        await StockAsync(shop);
        var customer = await RegisterAsync(shop);

        var traces = Enumerable.Range(1, Orders).Select(i => $"{i:x32}").ToArray();
        await Task.WhenAll(traces.Select(trace => PlaceAsync(shop, customer, trace)));
        await Until.TrueAsync(() => traces.All(IsWhole), "every order's trace: each process sends its spans when it comes to it");
        foreach (var trace in traces)
        {
            var own = spans.Where(span => span.TraceId == trace).ToLookup(span => span.Service);
            var (confirmed, mailed) = (Assert.Single(own["ordering"], span => span.Name == "publish confirmed"), Assert.Single(own["notifications"], span => span.Name == "mail order's end"));
            Assert.Equal(Assert.Single(own["ordering"], span => span.Name == "WorkflowActivity ConfirmStock").SpanId, confirmed.ParentId);
            Assert.Equal(confirmed.SpanId, mailed.ParentId);
            Assert.False(mailed.IsError, mailed.StatusText);
        }
    }

    /// <summary>The request, each step, both events, the mail, and the calls of the stock and of the payments.</summary>
    private bool IsWhole(string trace)
    {
        var own = spans.Where(span => span.TraceId == trace).ToLookup(span => span.Service);
        string[] steps = ["WorkflowActivity ReserveStock", "WorkflowActivity AuthorisePayment", "WorkflowActivity CapturePayment", "WorkflowActivity ConfirmStock", "publish confirmed"];
        return own["gateway"].Any(span => span.Kind == CollectedSpan.Server) && steps.All(step => own["ordering"].Any(span => span.Name == step))
            && own.Any(service => service.Any(span => span.Name == "publish accepted")) && own["notifications"].Any(span => span.Name == "mail order's end")
            && IsInCall(trace, "stock of orders") && IsInCall(trace, "authorise payments of orders");
    }

    /// <summary>The order's own call, or one of many orders that links to it.</summary>
    private bool IsInCall(string trace, string name) => spans.Any(span => span.Name == name && (span.TraceId == trace || span.Links.Contains(trace)));

    private static async Task StockAsync(RunningShop shop)
    {
        using var put = await shop.Shop.SendAsync(HttpMethod.Put, "/products/tea", shop.Operator, """{"name":"Tea","price":{"amount":500,"currency":"EUR"}}""", null, TestContext.Current.CancellationToken);
        using var restock = await shop.Shop.SendAsync(HttpMethod.Post, "/products/tea/restock", shop.Operator, """{"quantity":1000}""", "tea", TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (put.StatusCode, restock.StatusCode));
    }

    /// <summary>The token of a customer who wants mails.</summary>
    private static async Task<string> RegisterAsync(RunningShop shop)
    {
        const string Email = "traced@example.com";
        using var registered = await shop.Shop.SendAsync(
            HttpMethod.Post, "/customers", shop.Operator, $$"""{"email":"{{Email}}","name":"Traced","notify":{"email":true},"password":"{{Email}}"}""", null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, registered.StatusCode);
        return await shop.Shop.TokenAsync(Email, TestContext.Current.CancellationToken);
    }

    private static async Task PlaceAsync(RunningShop shop, string token, string trace)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(shop.Gateway, "/orders"))
        {
            Content = new StringContent("""{"items":[{"sku":"tea","quantity":1}],"paymentToken":"tok_visa_ok","currency":"EUR"}""", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Authorization", $"Bearer {token}");
        request.Headers.Add("Idempotency-Key", trace);
        request.Headers.Add("traceparent", $"00-{trace}-b7ad6b7169203331-01");
        using var http = new HttpClient();
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (context.Request.Path != "/v1/traces") return; // metrics and logs
        foreach (var span in OtlpReader.Read(body.ToArray())) spans.Enqueue(span);
    }
}

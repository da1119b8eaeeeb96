using System.Net;
using System.Text;
using Dapr;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Sdk.Contract.AspNetCore;

/// <summary>What an endpoint behind UseCloudEvents sees of a delivery.</summary>
public sealed class CloudEventsTests
{
    private const string CloudEvents = "application/cloudevents+json";

    [Theory]
    [InlineData("""{"data":{"a":1}}""", "application/json", """{"a":1}""")]
    [InlineData("""{"data":{"a":1},"datacontenttype":"application/json; charset=utf-16"}""", "application/json", """{"a":1}""")]
    [InlineData("""{"data":"text","datacontenttype":"text/plain"}""", "text/plain", "text")]
    [InlineData("""{"data":"text","datacontenttype":"application/json"}""", "application/json", "\"text\"")]
    [InlineData("""{"data":"text","datacontenttype":"application/vnd.x+json"}""", "application/vnd.x+json", "text")]
    [InlineData("""{"data":17,"datacontenttype":"text/plain"}""", "text/plain", "17")]
    [InlineData("""{"data_base64":"aGk=","datacontenttype":"application/octet-stream"}""", "application/octet-stream", "hi")]
    [InlineData("""{"DATA":null}""", "application/json", "null")]
    [InlineData("""{"id":"1"}""", "", "")]
    public async Task The_data_becomes_the_body(string cloudEvent, string contentType, string body)
    {
        await using var app = await EchoAsync(null);

        Assert.Equal((HttpStatusCode.OK, $"{contentType}|{body}"), await app.PostAsync("echo", cloudEvent, CloudEvents));
    }

    [Fact]
    public async Task Text_stays_json_where_that_is_asked_for()
    {
        await using var app = await EchoAsync(new CloudEventsMiddlewareOptions { SuppressJsonDecodingOfTextPayloads = true });

        var (_, seen) = await app.PostAsync("echo", """{"data":"text","datacontenttype":"text/plain"}""", CloudEvents);

        Assert.Equal("text/plain|\"text\"", seen);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/cloudevents-batch+json")]
    public async Task Other_bodies_pass_as_they_are(string contentType)
    {
        await using var app = await EchoAsync(null);

        var (_, seen) = await app.PostAsync("echo", """{"data":1}""", contentType);

        Assert.Equal($$"""{{contentType}}|{"data":1}""", seen);
    }

    [Fact]
    public async Task An_event_with_its_data_twice_is_refused()
    {
        await using var app = await EchoAsync(null);

        var (status, _) = await app.PostAsync("echo", """{"data":1,"data_base64":"aGk="}""", CloudEvents);

        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    [Fact]
    public async Task An_event_in_another_encoding_is_read()
    {
        await using var app = await EchoAsync(null);

        var (_, seen) = await app.PostAsync("echo", """{"data":"grün","datacontenttype":"text/plain"}""", $"{CloudEvents}; charset=iso-8859-1", Encoding.Latin1);

        Assert.Equal("text/plain|grün", seen);
    }

    [Theory]
    [InlineData(null, null, "id=7 source=shop")]
    [InlineData("id", null, "id=7")]
    [InlineData(null, "source", "id=7")]
    public async Task Attributes_become_headers_where_that_is_asked_for(string? included, string? excluded, string headers)
    {
        await using var app = await EchoAsync(new CloudEventsMiddlewareOptions
        {
            ForwardCloudEventPropertiesAsHeaders = true,
            IncludedCloudEventPropertiesAsHeaders = included is null ? null : [included],
            ExcludedCloudEventPropertiesFromHeaders = excluded is null ? null : [excluded],
        });

        var (_, seen) = await app.PostAsync("headers", """{"id":"7","source":"shop","pubsubname":"bus","datacontenttype":"application/json","data":1}""", CloudEvents);

        Assert.Equal(headers, seen);
    }

    private static Task<WebApp> EchoAsync(CloudEventsMiddlewareOptions? options) => WebApp.StartAsync(app =>
    {
        if (options is null) app.UseCloudEvents();
        else app.UseCloudEvents(options);
        app.MapPost("/echo", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            return Results.Text($"{request.ContentType}|{await reader.ReadToEndAsync()}");
        });
        app.MapPost("/headers", (HttpRequest request) => Results.Text(string.Join(' ', request.Headers
            .Where(header => header.Key.StartsWith("Cloudevent.", StringComparison.Ordinal)).OrderBy(header => header.Key, StringComparer.Ordinal)
            .Select(header => $"{header.Key["Cloudevent.".Length..]}={header.Value}"))));
    });
}

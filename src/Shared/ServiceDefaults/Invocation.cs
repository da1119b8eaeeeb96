using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Dapr.Client;
using Microsoft.Extensions.DependencyInjection;

namespace DaprOrders.ServiceDefaults;

/// <summary>
/// Calls other services by their app ids, over a client whose requests go through the sidecar. An answer that is no success is an
/// <see cref="HttpRequestException"/>.
/// </summary>
public sealed class Invocation(HttpClient sidecar)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public async Task<TAnswer> GetAsync<TAnswer>(string app, string path, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, At(app, path));
        using var answer = await SendAsync(request, cancellation);
        return await ReadAsync<TAnswer>(answer, cancellation);
    }

    public async Task<TAnswer> PostAsync<TAnswer>(string app, string path, object body, CancellationToken cancellation)
    {
        using var answer = await PostBodyAsync(app, path, body, cancellation);
        return await ReadAsync<TAnswer>(answer, cancellation);
    }

    public async Task PostAsync(string app, string path, object body, CancellationToken cancellation)
    {
        using var answer = await PostBodyAsync(app, path, body, cancellation);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>The answer's JSON values one after the other (NDJSON), each as soon as it has arrived.</summary>
    public async IAsyncEnumerable<TAnswer> PostForManyAsync<TAnswer>(string app, string path, object body, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var request = Request(app, path, body);
        using var answer = await sidecar.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        answer.EnsureSuccessStatusCode();
        await using var lines = await answer.Content.ReadAsStreamAsync(cancellation);
        await foreach (var value in JsonSerializer.DeserializeAsyncEnumerable<TAnswer>(lines, topLevelValues: true, Json, cancellation)) yield return value!;
    }

    /// <summary>For a caller with headers of its own, or one to whom a status other than success tells something.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation) => sidecar.SendAsync(request, cancellation);

    public static Uri At(string app, string path) => new($"http://{app}/{path}");

    private async Task<HttpResponseMessage> PostBodyAsync(string app, string path, object body, CancellationToken cancellation)
    {
        using var request = Request(app, path, body);
        return await SendAsync(request, cancellation);
    }

    private static HttpRequestMessage Request(string app, string path, object body)
    {
        // Of known length: the sidecar repeats only calls whose body it can send again.
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), Json));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return new HttpRequestMessage(HttpMethod.Post, At(app, path)) { Content = content };
    }

    private static async Task<TAnswer> ReadAsync<TAnswer>(HttpResponseMessage answer, CancellationToken cancellation)
    {
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<TAnswer>(Json, cancellation))!;
    }
}

public static class InvocationRegistration
{
    /// <summary>Adds <see cref="Invocation"/> through the sidecar of this service.</summary>
    public static void AddInvocation(this IServiceCollection services) =>
        services.AddSingleton(provider => new Invocation(provider.GetRequiredService<DaprClient>().CreateInvokableHttpClient()));
}

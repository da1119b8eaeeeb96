using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Secrets;

/// <summary>The secrets API. Which secrets an app may see is said by the Configuration.</summary>
internal sealed class SecretsBlock(Sidecar sidecar) : IBuildingBlock
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly OpenComponents<ISecretStore> _stores = new(sidecar, "secretstores");

    public ValueTask OpenAsync(CancellationToken cancellation) =>
        _stores.UpdateAsync(component => ValueTask.FromResult<ISecretStore?>(SecretStores.Open(component)));

    public ValueTask ReloadAsync(CancellationToken cancellation) => OpenAsync(cancellation);

    public void MapHttp(IEndpointRouteBuilder http)
    {
        http.MapGet("/v1.0/secrets/{store}/bulk", context => WriteAsync(context, json =>
        {
            foreach (var (name, secret) in Bulk(Store(context)))
            {
                json.WritePropertyName(name);
                Write(json, secret);
            }
        }));
        http.MapGet("/v1.0/secrets/{store}/{key}", context =>
        {
            var secret = Get(Store(context), context.RawSegments()[^1]);
            return WriteAsync(context, json =>
            {
                foreach (var (name, value) in secret) json.WriteString(name, value);
            });
        });
    }

    public void MapGrpc(IEndpointRouteBuilder grpc)
    {
        grpc.MapDapr(DaprMethods.GetSecret, (request, _) =>
        {
            var response = new GetSecretResponse();
            foreach (var (name, value) in Get(request.StoreName, request.Key)) response.Data[name] = value;
            return ValueTask.FromResult(response);
        });
        grpc.MapDapr(DaprMethods.GetBulkSecret, (request, _) =>
        {
            var response = new GetBulkSecretResponse();
            foreach (var (name, secret) in Bulk(request.StoreName))
            {
                var values = new SecretResponse();
                foreach (var (key, value) in secret) values.Secrets[key] = value;
                response.Data[name] = values;
            }
            return ValueTask.FromResult(response);
        });
    }

    public ValueTask StartAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public ValueTask StopAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    private static string Store(HttpContext context) => (string)context.Request.RouteValues["store"]!;

    private static void Write(Utf8JsonWriter json, IReadOnlyDictionary<string, string> secret)
    {
        json.WriteStartObject();
        foreach (var (name, value) in secret) json.WriteString(name, value);
        json.WriteEndObject();
    }

    private static Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Json))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted).AsTask();
    }

    private IReadOnlyDictionary<string, string> Get(string storeName, string key)
    {
        var store = Find(storeName);
        if (!Allows(storeName, key)) throw DaprErrors.SecretDenied(key, storeName);
        return store.Find(key) ?? throw DaprErrors.SecretGet(key, storeName, $"secret {key} not found");
    }

    private IEnumerable<KeyValuePair<string, IReadOnlyDictionary<string, string>>> Bulk(string storeName) =>
        Find(storeName).All().Where(secret => Allows(storeName, secret.Key));

    private ISecretStore Find(string name)
    {
        if (_stores.Find(name) is { } store) return store;
        throw _stores.Count == 0 ? DaprErrors.SecretStoresNotConfigured() : DaprErrors.SecretStoreNotFound(name);
    }

    private bool Allows(string storeName, string key) =>
        sidecar.Configuration.SecretScopes.FirstOrDefault(s => s.StoreName == storeName)?.Allows(key) ?? true;
}

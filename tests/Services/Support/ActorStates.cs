using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DaprOrders.Services.Support;

/// <summary>
/// The actor routes of a sidecar: calls go on to the app, one turn at a time an actor; state lies here by "type/id/key", and what a turn does to it is
/// counted. A transaction that Refuse tells to refuse fails whole.
/// </summary>
internal sealed class ActorStates : IDisposable
{
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly HttpClient app = new();

    public Dictionary<string, byte[]> Values { get; } = [];

    public Uri? App { get; set; }

    public Func<bool> Refuse { get; set; } = () => false;

    public int Reads { get; private set; }

    public int Transactions { get; private set; }

    public int Operations { get; private set; }

    public int LargestTransaction { get; private set; }

    public long BytesWritten { get; private set; }

    public long BytesRead { get; private set; }

    public void Map(WebApplication sidecar)
    {
        sidecar.MapGet("/v1.0/actors/{type}/{id}/state/{key}", (string type, string id, string key) => Read($"{type}/{id}/{key}"));
        sidecar.MapPut("/v1.0/actors/{type}/{id}/state", WriteAsync);
        sidecar.MapPut("/v1.0/actors/{type}/{id}/method/{name}", TakeTurnAsync);
    }

    public void CountAnew() => (Reads, Transactions, Operations, LargestTransaction, BytesWritten, BytesRead) = (0, 0, 0, 0, 0, 0);

    public void Dispose()
    {
        turn.Dispose();
        app.Dispose();
    }

    private IResult Read(string key)
    {
        Reads++;
        if (!Values.TryGetValue(key, out var value)) return Results.NoContent();
        BytesRead += value.Length;
        return Results.Bytes(value, "application/json");
    }

    private async Task<IResult> WriteAsync(string type, string id, HttpRequest request)
    {
        using var body = await JsonDocument.ParseAsync(request.Body);
        if (Refuse()) return Results.Json(new { errorCode = "ERR_ACTOR_STATE_TRANSACTION_SAVE", message = "the store is away" }, statusCode: 500);
        Transactions++;
        LargestTransaction = Math.Max(LargestTransaction, body.RootElement.GetArrayLength());
        foreach (var operation in body.RootElement.EnumerateArray())
        {
            Operations++;
            var key = $"{type}/{id}/{operation.GetProperty("request").GetProperty("key").GetString()}";
            if (operation.GetProperty("operation").GetString() == "delete")
            {
                Values.Remove(key);
                continue;
            }

            Values[key] = JsonSerializer.SerializeToUtf8Bytes(operation.GetProperty("request").GetProperty("value"));
            BytesWritten += Values[key].Length;
        }

        return Results.NoContent();
    }

    private async Task TakeTurnAsync(string type, string id, string name, HttpContext context)
    {
        await turn.WaitAsync();
        try
        {
            using var content = new StreamContent(context.Request.Body);
            content.Headers.ContentLength = context.Request.ContentLength ?? 0;
            using var answer = await app.PutAsync(new Uri(App!, $"/actors/{type}/{id}/method/{name}"), content);
            if (answer.IsSuccessStatusCode)
            {
                await answer.Content.CopyToAsync(context.Response.Body);
                return;
            }

            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            await context.Response.WriteAsJsonAsync(new { errorCode = "ERR_ACTOR_INVOKE_METHOD", message = await answer.Content.ReadAsStringAsync() });
        }
        finally
        {
            turn.Release();
        }
    }
}

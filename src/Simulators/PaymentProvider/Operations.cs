using System.Security.Cryptography;
using System.Text.Json;

namespace DaprOrders.PaymentProvider;

/// <summary>The wire form of money: minor units and a currency.</summary>
public sealed record MoneyBody(long Amount, string Currency);

public sealed record AuthoriseBody(string Reference, MoneyBody Amount, string Token);

public sealed record FollowUpBody(string AuthorisationId, string Reference, MoneyBody Amount);

public sealed record AuthoriseReply(string AuthorisationId, string Status);

public sealed record FollowUpReply(string Status);

/// <summary>POST /authorise, /capture, /void, /refund: idempotent by key, with the faults of the tokens and of PUT /faults.</summary>
internal static class OperationEndpoints
{
    private static readonly JsonSerializerOptions Complete = new(JsonSerializerOptions.Web) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    public static void MapOperations(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/authorise", (HttpContext context, Ledger ledger, Faults faults) => HandleAsync<AuthoriseBody>(context, ledger, faults, "authorise",
            (body, _) => Task.FromResult<Wanted?>(new Wanted(body.Reference, body.Amount, body.Token, Guid.CreateVersion7().ToString("N")))));
        foreach (var operation in new[] { "capture", "void", "refund" })
        {
            routes.MapPost($"/{operation}", (HttpContext context, Ledger ledger, Faults faults) => HandleAsync<FollowUpBody>(context, ledger, faults, operation,
                async (body, store) => await store.AuthorisationAsync(body.AuthorisationId) is { } token ? new Wanted(body.Reference, body.Amount, token, body.AuthorisationId) : null));
        }
    }

    private static async Task<IResult> HandleAsync<TBody>(
        HttpContext context, Ledger ledger, Faults faults, string operation, Func<TBody, Ledger, Task<Wanted?>> read)
    {
        var now = faults.Now;
        if (now.LatencyMs > 0) await Task.Delay(now.LatencyMs, context.RequestAborted);
        if (now.Down) return Results.StatusCode(503);
        if (now.ErrorRate > 0 && Random.Shared.NextDouble() < now.ErrorRate) return Results.StatusCode(500);

        if (context.Request.Headers["Idempotency-Key"] is not { Count: 1 } keys || keys[0] is not { Length: > 0 } key) return Refused(400, "Idempotency-Key is required");
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        var bytes = buffer.ToArray();
        if (Parse<TBody>(bytes) is not { } body) return Refused(400, $"the body is no {operation} request");
        if (await read(body, ledger) is not { } wanted) return Refused(404, "there is no such authorisation");
        return await DecideAsync(context, ledger, now, operation, key, bytes, wanted);
    }

    private static async Task<IResult> DecideAsync(HttpContext context, Ledger ledger, FaultSettings now, string operation, string key, byte[] bytes, Wanted wanted)
    {
        var hash = Convert.ToHexString(SHA256.HashData(bytes));
        if (await ledger.FindAsync(key) is { } known) return await AnswerAsync(context, ledger, known, hash, wanted.Token, key);
        if (wanted.Token == "tok_slow") await Task.Delay(Tokens.SlowDelay, context.RequestAborted);
        if (Tokens.FailsNow(wanted.Token, operation, ledger.CountAttempt(key), now.VoidWorks)) return Results.StatusCode(500);

        var status = Tokens.Result(wanted.Token, operation);
        var entry = new Entry(key, hash, operation, wanted.Reference, wanted.Amount.Amount, wanted.Amount.Currency, status, wanted.AuthorisationId, wanted.Token);
        return await AnswerAsync(context, ledger, await ledger.AddAsync(entry), hash, wanted.Token, key);
    }

    private static async Task<IResult> AnswerAsync(HttpContext context, Ledger ledger, Entry entry, string hash, string token, string key)
    {
        if (entry.BodyHash != hash) return Refused(422, "this Idempotency-Key was used with another body");
        if (Tokens.LosesReply(token, await ledger.FirstReplyAsync(key, token)))
        {
            context.Abort();
            return Results.Empty;
        }

        return entry.Operation == "authorise"
            ? Results.Ok(new AuthoriseReply(entry.AuthorisationId, entry.Status == "succeeded" ? "authorised" : "declined"))
            : Results.Ok(new FollowUpReply(entry.Status));
    }

    private static TBody? Parse<TBody>(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize<TBody>(bytes, Complete);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static IResult Refused(int status, string detail) => Results.Problem(detail, statusCode: status);

    private sealed record Wanted(string Reference, MoneyBody Amount, string Token, string AuthorisationId);
}

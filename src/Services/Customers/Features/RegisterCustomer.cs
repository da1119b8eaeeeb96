using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using DaprOrders.Customers.Profiles;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Customers.Features;

/// <summary>Registers a customer, once per Idempotency-Key when there is one.</summary>
internal static class RegisterCustomer
{
    public static async Task<IResult> HandleAsync(
        HttpContext context, Caller caller, CustomerRules rules, KeyedAnswers answers, Registration registration, IHostEnvironment environment, CancellationToken cancellation)
    {
        if (!environment.IsDevelopment() && !caller.IsOperator) return Problems.Forbidden("Only an operator registers customers.").ToResult();
        var bytes = await Body.ReadBytesAsync(context.Request, cancellation);
        var hasKey = context.Request.Headers.ContainsKey(IdempotencyKey.Header);
        var (key, keyProblem) = hasKey ? IdempotencyKey.Read(context.Request) : (null, null);
        if (keyProblem is not null) return keyProblem.ToResult();
        var request = Body.Parse<ProfileRequest>(bytes);
        if (await rules.CheckAsync(request, caller, cancellation) is { } problem) return problem.ToResult();

        var id = Guid.CreateVersion7().ToString("N");
        if (key is null) return await registration.CreateAsync(id, request, cancellation) is { } created ? Created(context, id, Text(created)) : Problems.EmailInUse().ToResult();

        var scope = Hash(JsonSerializer.SerializeToUtf8Bytes(new[] { caller.Subject, "/customers", key }));
        var (kept, standing) = await answers.BeginAsync(scope, Hash(bytes), id, cancellation);
        if (kept.BodyHash != Hash(bytes)) return Problems.KeyReused().ToResult();
        if (standing == Standing.UnderWay) return Problems.InFlight().ToResult();
        if (standing == Standing.Answered)
        {
            context.Response.Headers[IdempotencyKey.ReplayedHeader] = "true";
            return Created(context, kept.CustomerId, caller.IsAnonymous ? WithoutSecret(kept.Answer!) : kept.Answer!);
        }

        if (await registration.CreateAsync(kept.CustomerId, request, cancellation) is not { } customer)
        {
            await answers.ForgetAsync(scope, cancellation);
            return Problems.EmailInUse().ToResult();
        }

        var answer = Text(customer);
        await answers.KeepAsync(scope, kept, answer, cancellation);
        return Created(context, kept.CustomerId, answer);
    }

    private static IResult Created(HttpContext context, string id, string answer)
    {
        context.Response.Headers.Location = $"/customers/{id}";
        return TypedResults.Text(answer, "application/json", statusCode: StatusCodes.Status201Created);
    }

    private static string Text(StoredCustomer customer) => JsonSerializer.Serialize(Customer.Of(customer, withSecret: true), Defaults.Json);

    /// <summary>Anonymous callers share one scope: who guesses another's key must not learn his secret.</summary>
    private static string WithoutSecret(string answer)
    {
        var json = JsonNode.Parse(answer)!.AsObject();
        json.Remove("webhookSecret");
        return json.ToJsonString(Defaults.Json);
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

/// <summary>The creation itself; with the same id it is the same customer, however often it is begun. Safe for concurrent use.</summary>
internal sealed class Registration(CustomerStore store, EmailClaims emails, LimitNews limits, TimeProvider time)
{
    /// <summary>Null when the e-mail address is another customer's.</summary>
    public async Task<StoredCustomer?> CreateAsync(string id, ProfileRequest request, CancellationToken cancellation)
    {
        if (!await emails.TryClaimAsync(request.Email!, id, cancellation)) return null;
        var notify = CustomerRules.NotifyOf(request);
        var customer = new StoredCustomer(id, request.Email, request.Name, notify, time.GetUtcNow(), request.Password is null ? null : Passwords.Hash(request.Password),
            notify.Webhook is null ? null : CustomerRules.NewSecret(), CustomerRules.LimitOf(request, before: null), Deleted: false);
        if (!await store.TryCreateAsync(customer, cancellation)) return (await store.FindAsync(id, cancellation)).Customer ?? customer;
        if (customer.OrderLimit is not null) await limits.TellAsync(id, customer.OrderLimit, cancellation);
        return customer;
    }
}

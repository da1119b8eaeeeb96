using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Gateway.Placing;

/// <summary>POST /orders: one order, with the key in the header.</summary>
internal static class PlaceOrder
{
    public static async Task HandleAsync(HttpContext context, Caller caller, Placer placer, CustomerRate rate)
    {
        if (caller.Role != "customer") throw new ProblemException(Problems.Forbidden("Only a customer places orders."));
        var body = await Body.ReadBytesAsync(context.Request, context.RequestAborted);
        var (key, problem) = IdempotencyKey.Read(context.Request);
        if (problem is not null) throw new ProblemException(problem);
        if (rate.Take(caller.Subject!, 1) is { } seconds) throw new ProblemException(Problems.TooManyRequests(seconds));

        var results = await placer.PlaceAsync([new PlaceCommand(caller.Subject!, key!, body)]) ?? throw new ProblemException(Problems.TooManyRequests(1));
        await AnswerAsync(context.Response, results[0]);
    }

    private static async Task AnswerAsync(HttpResponse response, PlaceResult result)
    {
        response.StatusCode = result.Status;
        response.ContentType = result.Status == StatusCodes.Status202Accepted ? "application/json" : "application/problem+json";
        response.ContentLength = result.Body.Length;
        if (result.OrderId is not null) response.Headers.Location = $"/orders/{result.OrderId}";
        if (result.IsReplay) response.Headers[IdempotencyKey.ReplayedHeader] = "true";
        if (result.RetryAfter is { } seconds) response.Headers.RetryAfter = seconds.ToString();
        await response.Body.WriteAsync(result.Body, response.HttpContext.RequestAborted);
    }
}

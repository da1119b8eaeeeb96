using DaprOrders.Auditor.Reconciliation;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Auditor;

internal static class AuditEndpoints
{
    public static void MapAudit(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/audit", (Caller caller, Audit audit, CancellationToken cancellation) => AnswerAsync(caller, audit.SoFarAsync, cancellation));
        routes.MapPost("/audit/run", (Caller caller, Audit audit, CancellationToken cancellation) => AnswerAsync(caller, audit.RunAsync, cancellation));
    }

    private static async Task<IResult> AnswerAsync(Caller caller, Func<CancellationToken, Task<Verdict>> audit, CancellationToken cancellation)
    {
        if (!caller.IsOperator) return Problems.Forbidden("Only an operator sees the audit.").ToResult();
        try
        {
            return TypedResults.Ok(await audit(cancellation));
        }
        catch (TimeoutException)
        {
            return Problems.Unavailable("The first reconciliation since the start is under way.", retryAfterSeconds: 5).ToResult();
        }
        catch (HttpRequestException e)
        {
            return Problems.Unavailable($"A source of truth cannot be read now: {e.Message}").ToResult();
        }
    }
}

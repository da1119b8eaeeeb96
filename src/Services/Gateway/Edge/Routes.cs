using DaprOrders.Contracts;
using DaprOrders.Gateway.Placing;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Gateway.Edge;

/// <summary>The public routes, who may use them, and whose they are.</summary>
internal static class Routes
{
    private static readonly string[] Get = ["GET"], Post = ["POST"], GetAndPut = ["GET", "PUT"], Whole = ["GET", "PUT", "DELETE"];

    public static void MapEdge(this WebApplication app)
    {
        app.MapMethods("/orders", Post, (HttpContext context, TokenValidation tokens, Placer placer, CustomerRate rate) =>
            AsCallerAsync(context, tokens, caller => PlaceOrder.HandleAsync(context, caller, placer, rate)));
        app.MapMethods("/orders/batch", Post, (HttpContext context, TokenValidation tokens, Placer placer, CustomerRate rate) =>
            AsCallerAsync(context, tokens, caller => PlaceOrders.HandleAsync(context, caller, placer, rate)));
        app.Map("/orders", Apps.Ordering, Get, needsToken: true);
        app.Map("/orders/stream", Apps.Ordering, Get, needsToken: true);
        app.Map("/orders/{id}", Apps.Ordering, Get, needsToken: true);
        app.Map("/orders/{id}/events", Apps.Ordering, Get, needsToken: true);
        foreach (var act in new[] { "cancel", "approve", "reject", "refund", "retry" }) app.Map($"/orders/{{id}}/{act}", Apps.Ordering, Post, needsToken: true);
        app.Map("/read-model/verify", Apps.Ordering, Get, needsToken: true);
        app.Map("/read-model/rebuild", Apps.Ordering, Post, needsToken: true);
        app.Map("/products", Apps.Inventory, Get, needsToken: false);
        app.Map("/products/{sku}", Apps.Inventory, GetAndPut, needsToken: false, tokenForWrites: true);
        app.Map("/products/{sku}/restock", Apps.Inventory, Post, needsToken: true);
        app.Map("/products/{sku}/ledger", Apps.Inventory, Get, needsToken: true);
        app.Map("/customers", Apps.Customers, Post, needsToken: !app.Environment.IsDevelopment());
        app.Map("/customers/{id}", Apps.Customers, Whole, needsToken: true);
        app.Map("/token", Apps.Customers, Post, needsToken: false);
        app.Map("/.well-known/openid-configuration", Apps.Customers, Get, needsToken: false);
        app.Map("/.well-known/jwks.json", Apps.Customers, Get, needsToken: false);
        app.Map("/audit", Apps.Auditor, Get, needsToken: true);
        app.Map("/audit/run", Apps.Auditor, Post, needsToken: true);
        app.Map("/dead-letters", Apps.Notifications, Get, needsToken: true);
        app.Map("/dead-letters/{id}", Apps.Notifications, Get, needsToken: true);
        foreach (var act in new[] { "replay", "discard" }) app.Map($"/dead-letters/{{id}}/{act}", Apps.Notifications, Post, needsToken: true);
    }

    private static void Map(this WebApplication app, string pattern, string owner, string[] verbs, bool needsToken, bool tokenForWrites = false) =>
        app.MapMethods(pattern, verbs, async (HttpContext context, TokenValidation tokens, Services services) =>
        {
            // The token endpoint takes HTTP Basic of its own; everywhere else an Authorization header is a bearer token.
            if (owner == Apps.Customers && pattern == "/token")
            {
                await Forward.ToAsync(owner, context, new Caller(null, null), services, keepAuthorization: true);
                return;
            }

            await AsCallerAsync(context, tokens, caller => Forward.ToAsync(owner, context, caller, services, keepAuthorization: false),
                mayBeAnonymous: !needsToken && !(tokenForWrites && context.Request.Method != "GET"));
        });

    private static async Task AsCallerAsync(HttpContext context, TokenValidation tokens, Func<Caller, Task> act, bool mayBeAnonymous = false)
    {
        var caller = await tokens.ValidateAsync(context.Request.Headers.Authorization, context.RequestAborted);
        if (caller is not null && (mayBeAnonymous || !caller.IsAnonymous))
        {
            await act(caller);
            return;
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        await context.Response.WriteProblemAsync(Problems.Unauthenticated(caller is null ? "The token is not valid or has expired." : "A bearer token is needed."));
    }
}

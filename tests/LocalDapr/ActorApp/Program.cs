using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace LocalDapr.ActorApp;

/// <summary>
/// An app that hosts the actor type Storm and finds every actor that is active in two processes at once: an active actor holds a lock of the
/// operating system on one byte of a shared file, which goes with the process. <c>ActorApp PORT LOCK-FILE</c>. The actors whose reminders
/// fired are lines of <c>LOCK-FILE.PID</c>.
/// </summary>
internal static class Program
{
    // Sockets of a killed process may close a moment before its locks do. Counted, not timed: while the machine stalls, nobody lets go of anything.
    private const int MostTries = 40;

    private static readonly ConcurrentDictionary<string, byte> active = new();

    public static async Task Main(string[] args)
    {
        using var locks = new FileStream(args[1], FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.ListenLocalhost(int.Parse(args[0], CultureInfo.InvariantCulture)));
        var app = builder.Build();
        app.MapGet("/dapr/config", (RequestDelegate)(c => c.Response.WriteAsync("""{"entities":["Storm"],"drainOngoingCallTimeout":"5s"}""")));
        app.MapPut("/actors/Storm/{id}/method/{name}", (RequestDelegate)(c => TurnAsync(c, locks)));
        app.MapPut("/actors/Storm/{id}/method/remind/{name}", (RequestDelegate)(async c =>
        {
            await TurnAsync(c, locks);
            if (c.Response.StatusCode != 200) return;
            lock (active) File.AppendAllText($"{args[1]}.{Environment.ProcessId}", $"{c.GetRouteValue("id")}\n");
        }));
        app.MapDelete("/actors/Storm/{id}", (RequestDelegate)(c => Deactivate(c, locks)));
        await app.RunAsync();
    }

    // Answers with its process id; 500 when the actor is active in another process too.
    private static async Task TurnAsync(HttpContext context, FileStream locks)
    {
        var id = (string)context.GetRouteValue("id")!;
        if (active.TryAdd(id, 0) && !await TryLockAsync(locks, Place(id)))
        {
            context.Response.StatusCode = 500;
            await context.Response.WriteAsync($"TWICE {id}");
            return;
        }

        if ((string)context.GetRouteValue("name")! == "slow") await Task.Delay(50);
        await context.Response.WriteAsync(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
    }

    private static Task Deactivate(HttpContext context, FileStream locks)
    {
        var id = (string)context.GetRouteValue("id")!;
        if (active.TryRemove(id, out _))
        {
            lock (locks) locks.Unlock(Place(id), 1);
        }

        return Task.CompletedTask;
    }

    private static long Place(string id) => long.Parse(id, CultureInfo.InvariantCulture);

    private static async Task<bool> TryLockAsync(FileStream locks, long place)
    {
        for (var tries = 1; ; tries++, await Task.Delay(5))
        {
            try
            {
                lock (locks) locks.Lock(place, 1);
                return true;
            }
            catch (IOException)
            {
                if (tries == MostTries) return false;
            }
        }
    }
}

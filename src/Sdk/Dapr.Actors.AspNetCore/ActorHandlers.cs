using System.Buffers;
using System.Text.Json;
using Dapr.Actors.Runtime;
using Dapr.Actors.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Builder;

/// <summary>
/// Answers the sidecar's calls. A failed turn is status 500 with the exception's text, which the sidecar passes on to the caller; of a
/// typed call it is status 200 with the error header, since the caller's proxy rebuilds the exception from the body.
/// </summary>
internal sealed partial class ActorHandlers(ActorRuntime runtime)
{
    private const string Bytes = "application/octet-stream";
    private readonly byte[] description = runtime.DescribeHosting();

    public Task Describe(HttpContext http) => WriteAsync(http, "application/json", description);

    public async Task Deactivate(HttpContext http)
    {
        if (Type(http) is not { } type) return;
        await RunAsync(http, async () => await type.DeactivateAsync(Route(http, "actorId")));
    }

    public async Task Invoke(HttpContext http)
    {
        if (Type(http) is not { } type) return;
        var name = Route(http, "methodName");
        if (type.Methods.Find(name) is not { } method)
        {
            // Not 404: the sidecar would report "actor method not found" for a method that a typo hides just as well as for a lost route.
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
            await WriteAsync(http, "text/plain", System.Text.Encoding.UTF8.GetBytes($"Actor type {type.Type.ActorTypeName} has no method {name}."));
            return;
        }

        Reentrancy.Current = http.Request.Headers[SidecarActors.ReentrancyHeader] is [{ Length: > 0 } chain, ..] ? chain : null;
        if (http.Request.Headers.ContainsKey(SidecarActors.TypedHeader)) await InvokeTypedAsync(http, type, method);
        else await RunAsync(http, () => InvokePlainAsync(http, type, method));
    }

    public async Task Remind(HttpContext http)
    {
        if (Type(http) is not { } type) return;
        await RunAsync(http, async () =>
        {
            using var body = await JsonDocument.ParseAsync(http.Request.Body, default, http.RequestAborted);
            await ActorRuntime.FireReminderAsync(type, Route(http, "actorId"), Route(http, "reminderName"), body.RootElement);
        });
    }

    public async Task FireTimer(HttpContext http)
    {
        if (Type(http) is not { } type) return;
        await RunAsync(http, async () =>
        {
            using var body = await JsonDocument.ParseAsync(http.Request.Body, default, http.RequestAborted);
            var answer = await ActorRuntime.FireTimerAsync(type, Route(http, "actorId"), body.RootElement);
            await WriteAsync(http, "application/json", answer ? "true"u8.ToArray() : "false"u8.ToArray());
        });
    }

    private static async Task InvokePlainAsync(HttpContext http, HostedType type, ActorMethod method)
    {
        object?[] args = [];
        if (method.Parameters.Length > 1)
            throw new ArgumentException($"Method {method.Name} has more than one parameter; only typed proxies can call it.");
        if (method.ArgumentType is { } argument)
            args = [http.Request.ContentLength == 0
                ? null
                : await JsonSerializer.DeserializeAsync(http.Request.BodyReader, argument, http.RequestAborted)];
        var result = await ActorRuntime.InvokeAsync(type, Route(http, "actorId"), method, args, http.RequestAborted);
        if (method.ResultType is { } resultType)
            await WriteAsync(http, "application/json", JsonSerializer.SerializeToUtf8Bytes(result, resultType));
    }

    private async Task InvokeTypedAsync(HttpContext http, HostedType type, ActorMethod method)
    {
        try
        {
            var json = (method.ArgumentType ?? method.ResultType)?.Options ?? JsonSerializerOptions.Web;
            var body = await ReadBodyAsync(http);
            var args = TypedBody.Read(body, method.Parameters, json);
            var result = await ActorRuntime.InvokeAsync(type, Route(http, "actorId"), method, args, http.RequestAborted);
            if (method.ResultType is { } resultType)
            {
                var inJson = body.Length == 0 ? runtime.UsesJson : TypedBody.IsJson(body);
                var answer = TypedBody.WriteResult(method.Name, result, resultType.Type, inJson ? resultType.Options : null);
                await WriteAsync(http, inJson ? "application/json" : Bytes, answer);
            }
        }
        catch (Exception error)
        {
            LogTurnFailed(Logger(http), error, http.Request.Path);
            http.Response.Headers[SidecarActors.ErrorHeader] = Remoting.Failure(error, method.Name);
            await WriteAsync(http, Bytes, ContractBody.WriteFailure(error));
        }
    }

    private static async Task RunAsync(HttpContext http, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception error) when (!http.Response.HasStarted)
        {
            LogTurnFailed(Logger(http), error, http.Request.Path);
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
            await WriteAsync(http, "text/plain", System.Text.Encoding.UTF8.GetBytes($"{error.GetType().Name}: {error.Message}"));
        }
    }

    private static async Task<byte[]> ReadBodyAsync(HttpContext http)
    {
        var read = await http.Request.BodyReader.ReadAtLeastAsync(int.MaxValue, http.RequestAborted);
        var body = read.Buffer.ToArray();
        http.Request.BodyReader.AdvanceTo(read.Buffer.End);
        return body;
    }

    private static async Task WriteAsync(HttpContext http, string contentType, byte[] body)
    {
        http.Response.ContentType = contentType;
        http.Response.ContentLength = body.Length;
        await http.Response.BodyWriter.WriteAsync(body, http.RequestAborted);
    }

    private static string Route(HttpContext http, string name) => (string)http.GetRouteValue(name)!;

    private static ILogger Logger(HttpContext http) => http.RequestServices.GetRequiredService<ILogger<ActorHandlers>>();

    private HostedType? Type(HttpContext http)
    {
        var type = runtime.Find(Route(http, "actorTypeName"));
        if (type is null) http.Response.StatusCode = StatusCodes.Status404NotFound;
        return type;
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The turn {Path} failed")]
    private static partial void LogTurnFailed(ILogger logger, Exception error, string path);
}

using System.Net;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Workflows;

/// <summary>
/// The way from one app's workflow engine to another's: straight in this process, else over the internal port of the other process. A
/// question stays open until it is answered, which may take as long as the activity or the child does.
/// </summary>
internal sealed class WorkflowLink(Sidecar sidecar) : IAppLink, IDisposable
{
    public const string Path = "/localdapr/workflow/ask";

    private readonly HttpClient _sidecars = new(new SocketsHttpHandler
    {
        UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null, ConnectTimeout = TimeSpan.FromSeconds(3),
        ConnectCallback = MiniGrpc.TcpConnect.OpenAsync, EnableMultipleHttp2Connections = true, KeepAlivePingDelay = TimeSpan.FromSeconds(10), KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
    })
    {
        // Very many questions may be open for long: they share connections.
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<HistoryEvent> AskAsync(string appId, AppQuestion question, CancellationToken cancellation)
    {
        switch (sidecar.Block<InvocationBlock>().Targets.Find(appId))
        {
            case InvocationTarget.Local local:
                return await AskAsync(local.Callee, question, cancellation);
            case InvocationTarget.Remote remote:
                return await AskAsync(new Uri(remote.Address, Path), question, sidecar.Secret, cancellation);
            default:
                throw new IOException($"App {appId} is not there.");
        }
    }

    public void Dispose() => _sidecars.Dispose();

    private static async Task<HistoryEvent> AskAsync(Sidecar callee, AppQuestion question, CancellationToken cancellation)
    {
        var hub = callee.Block<WorkflowBlock>().HubOrNone ?? throw new IOException($"App {callee.Options.AppId} keeps no workflows.");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation, hub.Left);
        try
        {
            return await hub.Engine.AnswerAsync(question, ended.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"The sidecar of {callee.Options.AppId} stops, or has lost its store.");
        }
    }

    private async Task<HistoryEvent> AskAsync(Uri address, AppQuestion question, string secret, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(question.Encode()) };
            request.Headers.TryAddWithoutValidation(WellKnownHeaders.Sidecar, secret);
            using var response = await _sidecars.SendAsync(request, cancellation);
            if (response.StatusCode != HttpStatusCode.OK) throw new IOException($"{address} answers with {(int)response.StatusCode}.");
            return AppAnswer.Decode(await response.Content.ReadAsByteArrayAsync(cancellation));
        }
        catch (HttpRequestException refused)
        {
            throw new IOException($"{address} does not answer: {refused.Message}", refused);
        }
    }
}

/// <summary>What engines of other processes ask.</summary>
internal static class WorkflowLinkEndpoint
{
    public static void MapWorkflowLink(this IEndpointRouteBuilder sidecars, WorkflowBlock block) =>
        sidecars.MapPost(WorkflowLink.Path, (RequestDelegate)(context => AnswerAsync(context, block)));

    private static async Task AnswerAsync(HttpContext context, WorkflowBlock block)
    {
        if (block.HubOrNone is not { } hub)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, hub.Left);
        try
        {
            var question = AppQuestion.Decode((await context.Request.ReadBodyAsync()).Span);
            // Where it matters who asks, what the question says of it is not enough.
            if (block.HasAccessPolicy) question = question with { SourceApp = block.AppBehind(context) ?? "" };
            var answer = AppAnswer.Encode(await hub.Engine.AnswerAsync(question, ended.Token));
            context.Response.ContentLength = answer.Length;
            await context.Response.Body.WriteAsync(answer, ended.Token);
        }
        catch (Exception refused) when (refused is IOException or InvalidDataException or OperationCanceledException)
        {
            if (!context.Response.HasStarted) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
    }
}

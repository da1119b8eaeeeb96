using System.Collections.Concurrent;
using Dapr.Client;
using DaprOrders.Services.Support;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using MiniGrpc;

namespace Sdk.Contract.Client;

/// <summary>
/// A sidecar that answers what a test tells it to and notes what it was asked; gRPC on one port, HTTP on another. A method without an answer is
/// unimplemented.
/// </summary>
internal sealed class ClientSidecar : IAsyncDisposable
{
    private readonly WebApplication app;

    private ClientSidecar(WebApplication app) => this.app = app;

    public DaprClient Client { get; private set; } = null!;

    public ConcurrentQueue<IMessage> Asked { get; } = new();

    public ConcurrentQueue<(string Line, string Token, string Body)> Invoked { get; } = new();

    public string? LastToken { get; private set; }

    /// <summary>Of the answers to HTTP requests.</summary>
    public int Status { get; set; } = 200;

    public string GrpcAddress { get; private set; } = "";

    public string HttpAddress { get; private set; } = "";

    public static async Task<ClientSidecar> StartAsync(Action<ClientSidecar> answers)
    {
        var sidecar = new ClientSidecar(TwoPorts.Build());
        sidecar.app.MapGet("/v1.0/healthz/{**rest}", (HttpResponse response) => response.StatusCode = sidecar.Status);
        sidecar.app.Map("/v1.0/invoke/{**rest}", sidecar.InvokeAsync);
        answers(sidecar);
        await sidecar.app.StartAsync();
        (sidecar.GrpcAddress, sidecar.HttpAddress) = (sidecar.app.Urls.First(), sidecar.app.Urls.Last());
        sidecar.Client = new DaprClientBuilder()
            .UseGrpcEndpoint(sidecar.GrpcAddress).UseHttpEndpoint(sidecar.HttpAddress).UseDaprApiToken("secret").Build();
        return sidecar;
    }

    public void Answer<TRequest, TResponse>(GrpcMethod<TRequest, TResponse> method, Func<TRequest, TResponse> answer)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> => app.MapUnary(method, (request, call) =>
    {
        LastToken = call.RequestHeaders.Get("dapr-api-token");
        Asked.Enqueue(request);
        return ValueTask.FromResult(answer(request));
    });

    public void Map(Action<WebApplication> routes) => routes(app);

    public T Single<T>() => Xunit.Assert.Single(Asked.OfType<T>());

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }

    private async Task InvokeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var line = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}";
        Invoked.Enqueue((line, context.Request.Headers["dapr-api-token"].ToString(), await reader.ReadToEndAsync()));
        context.Response.StatusCode = Status;
        await context.Response.WriteAsync("\"answer\"");
    }
}

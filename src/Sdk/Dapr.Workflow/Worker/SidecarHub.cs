using Dapr.Workflow.Client;
using Google.Protobuf;
using Microsoft.Extensions.Configuration;
using MiniGrpc;

namespace Dapr.Workflow.Worker;

// The application's one channel to its sidecar.
internal sealed class SidecarHub : ITaskHub, IDisposable
{
    public SidecarHub(SidecarSettings settings, IConfiguration? configuration)
    {
        var headers = new Metadata();
        if (settings.ApiToken(configuration) is { Length: > 0 } token)
        {
            headers.Add("dapr-api-token", token);
        }

        Channel = new GrpcChannel(settings.Address(configuration), new GrpcChannelOptions
        {
            Headers = headers,
            MaxReceiveMessageBytes = settings.MaxReceiveBytes,
            MaxSendMessageBytes = settings.MaxSendBytes,
        });
    }

    public GrpcChannel Channel { get; }

    public Task<TResponse> CallAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Channel.UnaryAsync(method, request, new CallOptions { Cancellation = cancellation });

    public void Dispose() => Channel.Dispose();
}

using Google.Protobuf;
using MiniGrpc;

namespace Dapr.Workflow.Client;

// A wait may take days and outlive the sidecar it was asked of: it is asked again, after a pause that grows from 50 ms to 15 s, until the caller
// gives up.
internal static class PatientCall
{
    public static async Task<TResponse> RunAsync<TRequest, TResponse>(
        ITaskHub hub, GrpcMethod<TRequest, TResponse> method, TRequest request, CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        for (var pause = TimeSpan.FromMilliseconds(50); ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, TimeSpan.TicksPerSecond * 15)))
        {
            try
            {
                return await hub.CallAsync(method, request, cancellation).ConfigureAwait(false);
            }
            catch (RpcException failure) when (failure.StatusCode is StatusCode.DeadlineExceeded or StatusCode.Unavailable)
            {
                cancellation.ThrowIfCancellationRequested();
                await Task.Delay(pause, cancellation).ConfigureAwait(false);
            }
        }
    }
}

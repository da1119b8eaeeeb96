using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MiniGrpc;

namespace Dapr.Workflow.Worker;

// Keeps one connection to the sidecar for as long as the application runs: the stream if the sidecar has it, else the task hub. Stopped by the host
// alone; whatever ends a connection, the next try follows after a pause that grows to two seconds, as a sidecar may start long after its app.
internal sealed partial class WorkflowWorker(
    SidecarHub hub, StreamStarts starts, TurnRunner turns, ActivityRunner activities, ILogger<WorkflowWorker> logger) : BackgroundService
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = ShortestPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ConnectAsync(() => pause = ShortestPause, stoppingToken).ConfigureAwait(false);
                LogEnded();
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                LogLost(failure.Message);
            }

            await Task.Delay(pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        }
    }

    private async Task ConnectAsync(Action connected, CancellationToken stopping)
    {
        using (var stream = new StreamConnection(hub, turns, activities, logger))
        {
            var spoken = false;
            starts.Use(stream);
            try
            {
                await stream.RunAsync(Opened, stopping).ConfigureAwait(false);
                return;
            }
            catch (RpcException none) when (!spoken && none.StatusCode is StatusCode.Unimplemented or StatusCode.Unknown)
            {
                // A sidecar that has only the task hub answers so: daprd tries to proxy what it does not know.
            }
            finally
            {
                starts.Use(null);
            }

            void Opened()
            {
                spoken = true;
                Connected("stream", connected);
            }
        }

        await new StockConnection(hub, turns, activities, logger).RunAsync(() => Connected("task hub", connected), stopping).ConfigureAwait(false);
    }

    private void Connected(string protocol, Action connected)
    {
        LogConnected(protocol);
        connected();
    }

    [LoggerMessage(10, LogLevel.Information, "Workflows are connected to the sidecar ({Protocol}).")]
    private partial void LogConnected(string protocol);

    [LoggerMessage(11, LogLevel.Information, "The sidecar ended the connection of the workflows; connecting again.")]
    private partial void LogEnded();

    [LoggerMessage(12, LogLevel.Warning, "No connection of the workflows to the sidecar: {Reason}")]
    private partial void LogLost(string reason);
}

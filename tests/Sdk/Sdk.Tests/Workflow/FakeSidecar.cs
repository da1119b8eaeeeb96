using System.Threading.Channels;
using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using Dapr.Workflow;
using LocalDapr.Protocol.Workflow;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MiniGrpc;

namespace Sdk.Tests.Workflow;

/// <summary>A sidecar whose every word the test says itself, with an application connected to it.</summary>
internal sealed class FakeSidecar : IAsyncDisposable
{
    private readonly WebApplication _sidecar;
    private readonly IHost _app;
    private Channel<HubBatch> _toWorker = Channel.CreateUnbounded<HubBatch>();

    private FakeSidecar(WebApplication sidecar, IHost app) => (_sidecar, _app) = (sidecar, app);

    public Channel<WorkerBatch> FromWorker { get; } = Channel.CreateUnbounded<WorkerBatch>();

    public Channel<WorkItem> Items { get; } = Channel.CreateUnbounded<WorkItem>();

    public Channel<WorkflowResponse> Turns { get; } = Channel.CreateUnbounded<WorkflowResponse>();

    public Channel<ActivityResponse> Activities { get; } = Channel.CreateUnbounded<ActivityResponse>();

    public Channel<CreateInstanceRequest> UnaryStarts { get; } = Channel.CreateUnbounded<CreateInstanceRequest>();

    public DaprWorkflowClient Client => _app.Services.GetRequiredService<DaprWorkflowClient>();

    public static async Task<FakeSidecar> StartAsync(bool withStream, Action<WorkflowRuntimeOptions> configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var web = builder.Build();
        FakeSidecar? self = null;
        web.MapUnary(TaskHubMethods.Hello, (request, _) => ValueTask.FromResult(request));
        web.MapServerStreaming(TaskHubMethods.GetWorkItems, (_, writer, call) => self!.SendItemsAsync(writer, call.Cancellation));
        web.MapUnary(TaskHubMethods.CompleteOrchestratorTask, (turn, _) => self!.Turns.Took(turn, new CompleteTaskResponse()));
        web.MapUnary(TaskHubMethods.CompleteActivityTask, (result, _) => self!.Activities.Took(result, new CompleteTaskResponse()));
        web.MapUnary(
            TaskHubMethods.StartInstance, (start, _) => self!.UnaryStarts.Took(start, new CreateInstanceResponse { InstanceId = start.InstanceId }));
        if (withStream)
        {
            web.MapDuplex(WorkflowStreamMethods.Connect, (reader, writer, call) => self!.ConnectAsync(reader, writer, call.Cancellation));
        }

        await web.StartAsync();
        var app = Host.CreateEmptyApplicationBuilder(null);
        app.Configuration.AddInMemoryCollection([new("DAPR_GRPC_ENDPOINT", web.Urls.Single())]);
        app.Services.AddDaprWorkflow(configure);
        self = new FakeSidecar(web, app.Build());
        await self._app.StartAsync();
        return self;
    }

    public void Say(HubBatch batch) => _toWorker.Writer.TryWrite(batch);

    /// <summary>Ends the connection there is; the worker comes again by itself.</summary>
    public void HangUp() => Interlocked.Exchange(ref _toWorker, Channel.CreateUnbounded<HubBatch>()).Writer.Complete();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        _app.Dispose();
        await _sidecar.DisposeAsync();
    }

    private async Task SendItemsAsync(IGrpcWriter<WorkItem> writer, CancellationToken cancellation)
    {
        await foreach (var item in Items.Reader.ReadAllAsync(cancellation))
        {
            await writer.WriteAsync(item, flush: true, cancellation);
        }
    }

    private async Task ConnectAsync(IGrpcReader<WorkerBatch> reader, IGrpcWriter<HubBatch> writer, CancellationToken cancellation)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reading = ReadAsync(reader, ended.Token);
        await foreach (var batch in _toWorker.Reader.ReadAllAsync(cancellation))
        {
            await writer.WriteAsync(batch, flush: true, cancellation);
        }

        await ended.CancelAsync();
        await reading;
    }

    private async Task ReadAsync(IGrpcReader<WorkerBatch> reader, CancellationToken cancellation)
    {
        try
        {
            await foreach (var batch in reader.ReadAllAsync(cancellation))
            {
                FromWorker.Writer.TryWrite(batch);
            }
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            // Hung up.
        }
    }
}

internal static class Channels
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static async Task<T> NextAsync<T>(this Channel<T> channel) => await channel.Reader.ReadAsync().AsTask().WaitAsync(Deadline);

    public static ValueTask<TResponse> Took<T, TResponse>(this Channel<T> channel, T message, TResponse response)
    {
        channel.Writer.TryWrite(message);
        return ValueTask.FromResult(response);
    }
}

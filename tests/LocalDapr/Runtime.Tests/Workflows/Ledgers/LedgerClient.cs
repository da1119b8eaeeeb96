using System.Net;
using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using LocalDapr.LedgerWorker;
using LocalDapr.Runtime.Tests.Workflows.Crashes;
using MiniGrpc;

namespace LocalDapr.Runtime.Tests.Workflows.Ledgers;

/// <summary>
/// Callers that take one workflow after the other from its start to its end, over HTTP and gRPC by turns, and note what was acknowledged. A
/// call that got no answer is made again.
/// </summary>
internal sealed class LedgerClient(MortalSidecar sidecar, Ledger ledger, int seed) : IAsyncDisposable
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = patience };
    private readonly GrpcChannel _channel = new(sidecar.Grpc);

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        _channel.Dispose();
        return ValueTask.CompletedTask;
    }

    public async Task RunAsync(int workflows, int callers, CancellationToken cancellation)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < workflows; i = Interlocked.Increment(ref next)) await LiveAsync(i, cancellation);
        }));
    }

    public static string NameOf(string instance) => instance.Split('-')[0];

    public Task<GetInstanceResponse> GetAsync(string instance, CancellationToken cancellation) => InsistAsync(
        () => CallAsync(TaskHubMethods.GetInstance, new GetInstanceRequest { InstanceId = instance, GetInputsAndOutputs = true }, cancellation), cancellation);

    public Task<GetInstanceHistoryResponse> HistoryAsync(string instance, CancellationToken cancellation) => InsistAsync(
        () => CallAsync(TaskHubMethods.GetInstanceHistory, new GetInstanceHistoryRequest { InstanceId = instance }, cancellation), cancellation);

    // The seed and the number decide on the story, not on its timing.
    private async Task LiveAsync(int number, CancellationToken cancellation)
    {
        var random = new Random(HashCode.Combine(seed, number));
        var instance = $"{Stories.Names[random.Next(Stories.Names.Count)]}-{number}";
        var overHttp = random.Next(2) == 0;
        await InsistAsync(() => overHttp ? StartOverHttpAsync(instance, cancellation) : StartAsync(instance, cancellation), cancellation);
        await ledger.AddAsync("started", instance);
        switch (NameOf(instance))
        {
            case "event":
                await InsistAsync(() => overHttp ? RaiseOverHttpAsync(instance, cancellation) : RaiseAsync(instance, cancellation), cancellation);
                await ledger.AddAsync("raised", instance);
                break;
            case "endless":
                await InsistAsync(
                    () => CallAsync(TaskHubMethods.TerminateInstance, new TerminateRequest { InstanceId = instance, Output = "ended" }, cancellation), cancellation);
                await ledger.AddAsync("terminated", instance);
                break;
            default:
                break;
        }
        await InsistAsync(() => EndAsync(instance, cancellation), cancellation);
        await ledger.AddAsync("ended", instance);
        if (random.Next(4) > 0) return;
        await InsistAsync(() => PurgeAsync(instance, cancellation), cancellation);
        await ledger.AddAsync("purged", instance);
    }

    private async Task<bool> StartOverHttpAsync(string instance, CancellationToken cancellation)
    {
        var url = new Uri(sidecar.Http, $"/v1.0/workflows/dapr/{NameOf(instance)}/start?instanceID={instance}");
        using var answer = await _http.PostAsync(url, null, cancellation);
        if (answer.StatusCode == HttpStatusCode.Accepted) return true;
        var body = await answer.Content.ReadAsStringAsync(cancellation);
        // Ours: an earlier try was heard.
        return body.Contains("already exists", StringComparison.Ordinal) ? true : throw new HttpRequestException(body);
    }

    private async Task<bool> StartAsync(string instance, CancellationToken cancellation)
    {
        try
        {
            await CallAsync(TaskHubMethods.StartInstance, new CreateInstanceRequest { InstanceId = instance, Name = NameOf(instance) }, cancellation);
        }
        catch (RpcException taken) when (taken.StatusCode == StatusCode.AlreadyExists)
        {
            // Ours: an earlier try was heard.
        }
        return true;
    }

    private async Task<bool> RaiseOverHttpAsync(string instance, CancellationToken cancellation)
    {
        using var content = new StringContent($"go-{instance}");
        using var answer = await _http.PostAsync(new Uri(sidecar.Http, $"/v1.0/workflows/dapr/{instance}/raiseEvent/go"), content, cancellation);
        if (answer.StatusCode == HttpStatusCode.Accepted) return true;
        throw new LedgerException($"{instance} was started, and an event for it is answered with {await answer.Content.ReadAsStringAsync(cancellation)}");
    }

    private async Task<bool> RaiseAsync(string instance, CancellationToken cancellation)
    {
        await CallAsync(TaskHubMethods.RaiseEvent, new RaiseEventRequest { InstanceId = instance, Name = "go", Input = $"go-{instance}" }, cancellation);
        return true;
    }

    private async Task<bool> EndAsync(string instance, CancellationToken cancellation)
    {
        await CallAsync(TaskHubMethods.WaitForInstanceCompletion, new GetInstanceRequest { InstanceId = instance }, cancellation);
        return true;
    }

    private async Task<bool> PurgeAsync(string instance, CancellationToken cancellation)
    {
        try
        {
            await CallAsync(TaskHubMethods.PurgeInstances, new PurgeInstancesRequest { InstanceId = instance, Recursive = true }, cancellation);
        }
        catch (RpcException missing) when (IsMissing(missing))
        {
            // Ours: an earlier try was heard.
        }
        return true;
    }

    private Task<TResponse> CallAsync<TRequest, TResponse>(GrpcMethod<TRequest, TResponse> method, TRequest request, CancellationToken cancellation)
        where TRequest : class, Google.Protobuf.IMessage<TRequest>
        where TResponse : class, Google.Protobuf.IMessage<TResponse> =>
        _channel.UnaryAsync(method, request, new CallOptions { Cancellation = cancellation, Timeout = patience });

    // A purge says before it what failed.
    private static bool IsMissing(RpcException refused) => refused.Detail.EndsWith("no such instance exists", StringComparison.Ordinal);

    private static async Task<T> InsistAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(30));
        while (true)
        {
            try
            {
                return await call();
            }
            catch (RpcException missing) when (IsMissing(missing))
            {
                throw new LedgerException("an instance that was started is not there", missing);
            }
            catch (Exception dead) when (dead is HttpRequestException or RpcException || (dead is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                await again.WaitForNextTickAsync(cancellation);
            }
        }
    }
}

/// <summary>Something acknowledged did not hold.</summary>
internal sealed class LedgerException(string message, Exception? inner = null) : Exception(message, inner);

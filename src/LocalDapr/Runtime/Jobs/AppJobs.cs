using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Invocation;
using MiniGrpc;

namespace LocalDapr.Runtime.Jobs;

/// <summary>Hands a due job to the app: POST /job/{name}, or OnJobEvent.</summary>
internal sealed class AppJobs(AppChannel app)
{
    /// <summary>Whether the run is done with. An app that does not know the job (404) will not know it at the next try either.</summary>
    public async Task<bool> DeliverAsync(StoredJob job, CancellationToken cancellation)
    {
        try
        {
            if (app.IsGrpc) return await OnJobEventAsync(job.Job, cancellation);
            var path = $"/job/{Uri.EscapeDataString(job.Job.Name)}";
            var answer = await app.SendAsync(HttpMethod.Post, path, "", null, JobJson.Body(job.Job.Data), "application/json", cancellation);
            return answer.IsSuccess || answer.Status == 404;
        }
        catch (Exception error) when (error is HttpRequestException or RpcException)
        {
            return false;
        }
    }

    private async Task<bool> OnJobEventAsync(Job job, CancellationToken cancellation)
    {
        var request = new JobEventRequest
        {
            Name = job.Name,
            Data = job.Data,
            Method = $"job/{job.Name}",
            ContentType = job.Data?.TypeUrl ?? "",
            HttpExtension = new HTTPExtension { Verb = HTTPExtension.Types.Verb.Post },
        };
        using var turn = await app.EnterAsync(cancellation);
        var options = new CallOptions { Headers = app.NewMetadata(), Cancellation = cancellation };
        try
        {
            await app.Grpc!.UnaryAsync(AppCallbackMethods.OnJobEvent, request, options);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Unimplemented)
        {
            await app.Grpc!.UnaryAsync(AppCallbackMethods.OnJobEventAlpha1, request, options);
        }
        return true;
    }
}

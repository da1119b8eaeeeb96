using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Routing;
using MiniGrpc;

namespace LocalDapr.Runtime.Jobs;

/// <summary>The gRPC face of the jobs API, under its stable and its alpha names.</summary>
internal static class JobGrpcService
{
    public static void MapJobsGrpc(this IEndpointRouteBuilder grpc, JobBlock jobs)
    {
        foreach (var method in (GrpcMethod<ScheduleJobRequest, ScheduleJobResponse>[])[DaprMethods.ScheduleJob, DaprMethods.ScheduleJobAlpha1])
            grpc.MapDapr(method, async (request, call) =>
            {
                await jobs.ScheduleAsync(request, call.Cancellation);
                return new ScheduleJobResponse();
            });
        foreach (var method in (GrpcMethod<GetJobRequest, GetJobResponse>[])[DaprMethods.GetJob, DaprMethods.GetJobAlpha1])
            grpc.MapDapr(method, async (request, call) => new GetJobResponse { Job = await jobs.GetAsync(request.Name, call.Cancellation) });
        foreach (var method in (GrpcMethod<DeleteJobRequest, DeleteJobResponse>[])[DaprMethods.DeleteJob, DaprMethods.DeleteJobAlpha1])
            grpc.MapDapr(method, async (request, call) =>
            {
                await jobs.DeleteAsync(request.Name, call.Cancellation);
                return new DeleteJobResponse();
            });
        grpc.MapDapr(DaprMethods.ListJobs, async (_, call) => new ListJobsResponse { Jobs = { await jobs.ListAsync(call.Cancellation) } });
        grpc.MapDapr(DaprMethods.ListJobsAlpha1, async (_, call) => new ListJobsResponseAlpha1 { Jobs = { await jobs.ListAsync(call.Cancellation) } });
        grpc.MapDapr(DaprMethods.DeleteJobsByPrefix, async (request, call) =>
        {
            await jobs.DeletePrefixAsync(request.NamePrefix, call.Cancellation);
            return new DeleteJobsByPrefixResponse();
        });
        grpc.MapDapr(DaprMethods.DeleteJobsByPrefixAlpha1, async (request, call) =>
        {
            await jobs.DeletePrefixAsync(request.NamePrefix, call.Cancellation);
            return new DeleteJobsByPrefixResponseAlpha1();
        });
    }
}

using System.Text;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Jobs;

/// <summary>The HTTP face of the jobs API.</summary>
internal static class JobEndpoints
{
    public static void MapJobsHttp(this IEndpointRouteBuilder http, JobBlock jobs)
    {
        foreach (var version in (string[])["v1.0", "v1.0-alpha1"])
        {
            http.MapPost($"/{version}/jobs/{{name}}", async context =>
            {
                var body = Encoding.UTF8.GetString((await context.Request.ReadBodyAsync()).Span);
                await jobs.ScheduleAsync(JobJson.Read(context.RawSegments()[^1], body), context.RequestAborted);
                context.Response.StatusCode = StatusCodes.Status204NoContent;
            });
            http.MapGet($"/{version}/jobs/{{name}}", async context =>
            {
                var job = await jobs.GetAsync(context.RawSegments()[^1], context.RequestAborted);
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(JobJson.Write(job), context.RequestAborted);
            });
            http.MapDelete($"/{version}/jobs/{{name}}", async context =>
            {
                await jobs.DeleteAsync(context.RawSegments()[^1], context.RequestAborted);
                context.Response.StatusCode = StatusCodes.Status204NoContent;
            });
        }
    }
}

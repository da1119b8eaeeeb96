using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DaprOrders.ServiceDefaults;

/// <summary>A problem as a Minimal API result.</summary>
public sealed class ProblemResult(Problem problem) : IResult
{
    public Problem Problem { get; } = problem;

    public Task ExecuteAsync(HttpContext httpContext) => httpContext.Response.WriteProblemAsync(Problem);
}

/// <summary>Thrown where a result cannot be returned; answered as its problem.</summary>
public class ProblemException(Problem problem, Exception? cause = null) : Exception(problem.Detail, cause)
{
    public Problem Problem { get; } = problem;
}

public static partial class ProblemResults
{
    public static ProblemResult ToResult(this Problem problem) => new(problem);

    public static async Task WriteProblemAsync(this HttpResponse response, Problem problem)
    {
        response.StatusCode = problem.Status;
        response.ContentType = "application/problem+json";
        if (problem.RetryAfter is { } seconds) response.Headers.RetryAfter = seconds.ToString();
        await response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(problem, Defaults.Json), response.HttpContext.RequestAborted);
    }

    internal static void UseProblems(this WebApplication app)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("DaprOrders.Problems");
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            // The middleware's own log would tell every refused request as an error, with its stack, and most of them while load is shed.
            SuppressDiagnosticsCallback = _ => true,
            ExceptionHandler = async context =>
            {
                var error = context.Features.Get<IExceptionHandlerFeature>()?.Error;
                var problem = Of(error);
                if (problem.Status == 500 && error is not OperationCanceledException) RequestFailed(log, context.Request.Method, context.Request.Path, error);
                await context.Response.WriteProblemAsync(problem);
            },
        });
        app.UseStatusCodePages(pages => pages.HttpContext.Response.StatusCode switch
        {
            404 => pages.HttpContext.Response.WriteProblemAsync(Problems.NotFound("There is nothing at this address.")),
            405 => pages.HttpContext.Response.WriteProblemAsync(Problems.MethodNotAllowed("This address does not take this method.")),
            413 => pages.HttpContext.Response.WriteProblemAsync(Problems.TooLarge()),
            415 => pages.HttpContext.Response.WriteProblemAsync(Problems.UnsupportedMediaType()),
            400 => pages.HttpContext.Response.WriteProblemAsync(Problems.Invalid("The request could not be read.")),
            _ => Task.CompletedTask,
        });
    }

    private static Problem Of(Exception? error) => error switch
    {
        ProblemException known => known.Problem,
        BadHttpRequestException { StatusCode: 413 } => Problems.TooLarge(),
        BadHttpRequestException { StatusCode: 415 } => Problems.UnsupportedMediaType(),
        BadHttpRequestException { InnerException: JsonException json } => Problems.Invalid($"The body is not valid: {json.Message}"),
        BadHttpRequestException bad => Problems.Invalid(bad.Message),
        JsonException json => Problems.Invalid($"The body is not valid: {json.Message}"),
        _ => Problems.Internal(),
    };

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private static partial void RequestFailed(ILogger logger, string method, string path, Exception? error);
}

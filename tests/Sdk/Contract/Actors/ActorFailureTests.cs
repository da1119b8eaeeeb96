using System.Net;
using System.Security.Authentication;
using Dapr;
using Dapr.Actors;
using Dapr.Actors.Client;
using Xunit;

namespace Sdk.Contract.Actors;

/// <summary>What callers of actors catch when the sidecar fails, refuses or is not there.</summary>
public sealed class ActorFailureTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_method_that_failed_is_an_error_of_the_sidecar_to_a_weakly_typed_caller()
    {
        var failure = await Assert.ThrowsAsync<DaprApiException>(() => CallAsync(
            Answer(HttpStatusCode.InternalServerError, """{"errorCode":"ERR_ACTOR_INVOKE_METHOD","message":"why"}""")));

        Assert.Equal(("ERR_ACTOR_INVOKE_METHOD", "why"), (failure.ErrorCode, failure.Message));
    }

    [Fact]
    public async Task A_token_that_the_sidecar_refuses_is_no_credential() =>
        await Assert.ThrowsAsync<AuthenticationException>(() => CallAsync(Answer(HttpStatusCode.Unauthorized, "")));

    [Fact]
    public async Task A_sidecar_that_cannot_be_reached_is_a_failed_request() =>
        await Assert.ThrowsAsync<HttpRequestException>(() => CallAsync(_ => throw new HttpRequestException("refused")));

    [Fact]
    public async Task A_sidecar_that_does_not_answer_in_time_cancels_the_call()
    {
        var failure = await Assert.ThrowsAsync<TaskCanceledException>(() => CallAsync(async cancellation =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            throw new InvalidOperationException("not reached");
        }));

        Assert.IsType<TimeoutException>(failure.InnerException);
    }

    private static Func<CancellationToken, Task<HttpResponseMessage>> Answer(HttpStatusCode status, string body) =>
        _ => Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(body) });

    private static async Task CallAsync(Func<CancellationToken, Task<HttpResponseMessage>> answer)
    {
        using var handler = new Handler(answer);
        var options = new ActorProxyOptions { RequestTimeout = TimeSpan.FromMilliseconds(200) };
        await new ActorProxyFactory(options, handler).Create(new ActorId("1"), "Any").InvokeMethodAsync("Call", Cancellation);
    }

    private sealed class Handler(Func<CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            answer(cancellationToken);
    }
}

using Microsoft.AspNetCore.Http;
using Xunit;

namespace LocalDapr.Runtime.Tests.Bindings;

public sealed class InputBindingTests
{
    [Fact]
    public async Task An_app_that_never_says_whether_it_wants_a_binding_does_not_hold_up_the_start()
    {
        var asked = new TaskCompletionSource();
        await using var one = await OneSidecar.StartAsync(
            async context =>
            {
                if (!HttpMethods.IsOptions(context.Request.Method)) return;
                asked.TrySetResult();
                await new TaskCompletionSource().Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            },
            null, OneSidecar.Component("tick", "bindings.cron", ("schedule", "@every 1h")));

        Assert.True(asked.Task.IsCompleted);
        Assert.True(one.Sidecar.Ready.IsCompletedSuccessfully);
    }
}

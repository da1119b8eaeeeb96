using System.Net;
using System.Threading.Channels;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace LocalDapr.Runtime.Tests.Components;

public sealed class HotReloadTests
{
    private const string Subscription = "apiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata: {name: news}\n"
        + "spec: {pubsubname: pubsub, topic: news, routes: {default: /news} }";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_component_and_a_subscription_written_while_the_app_runs_deliver_and_end_with_their_files()
    {
        var delivered = Channel.CreateUnbounded<string>();
        await using var one = await OneSidecar.StartAsync(async context =>
        {
            if (context.Request.Path == "/news") await delivered.Writer.WriteAsync(context.Request.Path, context.RequestAborted);
            else context.Response.StatusCode = StatusCodes.Status404NotFound;
        });
        Assert.Equal(HttpStatusCode.NotFound, await PublishAsync(one));

        await one.WriteAsync("pubsub.yaml", OneSidecar.Component("pubsub", "pubsub.in-memory"));
        await one.WriteAsync("news.yaml", Subscription);

        await OneSidecar.EventuallyAsync(() => Task.FromResult(one.Sidecar.Metadata.Subscriptions().Count == 1), "the subscription");
        Assert.Equal(HttpStatusCode.NoContent, await PublishAsync(one));
        await delivered.Reader.ReadAsync(Stop);

        one.Remove("news.yaml");
        await OneSidecar.EventuallyAsync(() => Task.FromResult(one.Sidecar.Metadata.Subscriptions().Count == 0), "the end of the subscription");
        one.Remove("pubsub.yaml");
        await OneSidecar.EventuallyAsync(async () => await PublishAsync(one) == HttpStatusCode.NotFound, "the end of the component");
    }

    [Fact]
    public async Task A_resiliency_written_changed_and_removed_while_the_app_runs_counts_from_then_on()
    {
        var calls = 0;
        await using var one = await OneSidecar.StartAsync(context =>
        {
            Interlocked.Increment(ref calls);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        });
        Assert.Equal(1, await CallsOfAsync());

        await one.WriteAsync("retry.yaml", Retries(2));
        await OneSidecar.EventuallyAsync(async () => await CallsOfAsync() == 3, "two retries");
        await one.WriteAsync("retry.yaml", Retries(4));
        await OneSidecar.EventuallyAsync(async () => await CallsOfAsync() == 5, "four retries");
        one.Remove("retry.yaml");
        await OneSidecar.EventuallyAsync(async () => await CallsOfAsync() == 1, "none");

        async Task<int> CallsOfAsync()
        {
            var before = Volatile.Read(ref calls);
            (await one.Http.GetAsync(new Uri("/v1.0/invoke/app/method/x", UriKind.Relative), Stop)).Dispose();
            return Volatile.Read(ref calls) - before;
        }

        static string Retries(int most) => $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Resiliency
            metadata: {name: retry}
            spec:
              policies: {retries: {again: {policy: constant, duration: 1ms, maxRetries: {{most}} } } }
              targets: {apps: {app: {retry: again} } }
            """;
    }

    [Fact]
    public async Task A_resiliency_with_a_duration_that_is_none_leaves_the_former_one()
    {
        await using var one = await OneSidecar.StartAsync();

        await one.WriteAsync("bad.yaml", "kind: Resiliency\nmetadata: {name: bad}\nspec: {policies: {timeouts: {t: soon} } }");
        await one.WriteAsync("store.yaml", OneSidecar.Component("store", "state.in-memory"));

        await OneSidecar.EventuallyAsync(() => Task.FromResult(one.Sidecar.Components.All.Count == 1), "the component");
        Assert.False(one.Sidecar.Failed.IsCompleted);
    }

    [Fact]
    public async Task A_file_that_is_no_YAML_yet_changes_nothing()
    {
        await using var one = await OneSidecar.StartAsync(app: null, configuration: null, OneSidecar.Component("kept", "state.in-memory"));

        await one.WriteAsync("0.yaml", "kind: Component\nspec: {type: [");
        await one.WriteAsync("1.yaml", OneSidecar.Component("more", "state.in-memory"));
        await one.WriteAsync("0.yaml", OneSidecar.Component("kept", "state.in-memory", ("keyPrefix", "none")));

        await OneSidecar.EventuallyAsync(() => Task.FromResult(one.Sidecar.Components.All.Count == 2), "both components");
        Assert.False(one.Sidecar.Failed.IsCompleted);
    }

    [Fact]
    public async Task A_changed_component_that_cannot_be_opened_ends_the_sidecar()
    {
        await using var one = await OneSidecar.StartAsync(app: null, configuration: null, OneSidecar.Component("store", "state.in-memory"));

        await one.WriteAsync("0.yaml", OneSidecar.Component("store", "state.sqlite"));

        var error = await one.Sidecar.Failed.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        Assert.Contains("metadata connectionString is missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_did_not_change_stays_the_same_object()
    {
        Component kept = State("kept", "1"), changed = State("changed", "1");

        var merged = HotReload.Merge([kept, changed], [State("kept", "1"), State("changed", "2")]);

        Assert.Equal(["kept", "changed"], merged.Select(c => c.Name));
        Assert.Same(kept, merged[0]);
        Assert.Equal("2", merged[1].Source);
    }

    [Fact]
    public void A_second_store_for_actors_counts_once_the_first_has_gone_or_is_none_any_more()
    {
        Component[] one = [State("one", "1", forActors: true)];
        var other = State("other", "1", forActors: true);

        Assert.Equal(["one"], HotReload.Merge(one, [other, .. one]).Select(c => c.Name));
        Assert.Equal(["other"], HotReload.Merge(one, [other]).Select(c => c.Name));
        Assert.Equal(["other", "one"], HotReload.Merge(one, [other, State("one", "2")]).Select(c => c.Name));
        Assert.Equal(["one"], HotReload.Merge([], [one[0], other]).Select(c => c.Name));
        Assert.Equal("2", Assert.Single(HotReload.Merge([State("one", "1")], [State("one", "2", forActors: true)])).Source);
    }

    private static Component State(string name, string source, bool forActors = false) => new(name, "state.in-memory", "v1")
    {
        Source = source, Metadata = forActors ? new Dictionary<string, string> { ["actorStateStore"] = "true" } : [],
    };

    private static async Task<HttpStatusCode> PublishAsync(OneSidecar one)
    {
        using var content = new StringContent("1");
        using var answer = await one.Http.PostAsync(new Uri("/v1.0/publish/pubsub/news", UriKind.Relative), content, Stop);
        return answer.StatusCode;
    }
}

using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Microsoft.AspNetCore.Http;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

/// <summary>Who calls, as the app of an actor hears it.</summary>
public sealed class ActorIdentityTests
{
    private static readonly string store = OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true"));
    private static readonly string[] names = ["dapr-caller-app-id", "dapr-caller-namespace", "dapr-api-call"];

    private IHeaderDictionary? _seen;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_tells_the_app_and_namespace_it_comes_from_and_a_caller_cannot_tell_others(bool isGrpc)
    {
        await using var one = await OneSidecar.StartAsync(AnswerAsync, configuration: null, store);

        if (isGrpc) await CallGrpcAsync(one);
        else await CallHttpAsync(one);

        Assert.Equal(["app", one.Sidecar.Options.Namespace, "true"], names.Select(name => _seen![name].ToString()));
        Assert.Equal("1", _seen!["x-mine"]);
    }

    [Fact]
    public async Task The_question_for_the_configuration_names_the_app()
    {
        string? named = null;
        await using var one = await OneSidecar.StartAsync(
            async context =>
            {
                if (context.Request.Path == "/dapr/config") named = context.Request.Headers["dapr-app-id"];
                await AnswerAsync(context);
            },
            configuration: null,
            store);

        await CallHttpAsync(one);

        Assert.Equal("app", named);
    }

    private static async Task CallHttpAsync(OneSidecar one)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri("/v1.0/actors/Cart/1/method/m", UriKind.Relative));
        foreach (var name in names) request.Headers.Add(name, "forged");
        request.Headers.Add("x-mine", "1");
        using var answer = await one.Http.SendAsync(request, Stop);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task CallGrpcAsync(OneSidecar one)
    {
        using var channel = one.OpenGrpc();
        var request = new InvokeActorRequest { ActorType = "Cart", ActorId = "1", Method = "m", Metadata = { ["X-Mine"] = "1" } };
        foreach (var name in names) request.Metadata[name.ToUpperInvariant()] = "forged";
        await channel.UnaryAsync(DaprMethods.InvokeActor, request, new CallOptions { Cancellation = Stop });
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/dapr/config") await context.Response.WriteAsync("""{"entities": ["Cart"]}""", context.RequestAborted);
        if (context.Request.Path == "/actors/Cart/1/method/m")
            _seen = new HeaderDictionary(context.Request.Headers.ToDictionary(header => header.Key, header => header.Value, StringComparer.OrdinalIgnoreCase));
    }
}

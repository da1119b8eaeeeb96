using System.Net;
using System.Reflection;
using Dapr.Protocol;
using LocalDapr.Runtime.Configuration;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Configuration;

public sealed class ApiAccessTests
{
    private static readonly string[] Apis =
    [
        "actors", "bindings", "configuration", "conversation", "crypto", "invoke", "jobs", "lock", "metadata", "publish", "secrets", "shutdown",
        "state", "subscribe", "subtlecrypto", "unlock", "workflows",
    ];

    [Fact]
    public void Every_method_of_the_Dapr_service_belongs_to_an_API()
    {
        foreach (var field in typeof(DaprMethods).GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.FieldType.IsGenericType))
            Assert.Contains(ApiAccess.OfMethod($"/{DaprMethods.Service}/{field.Name}")!.Split('/')[0], Apis);
    }

    [Theory]
    [InlineData("/v1.0/state/store/key", "state/v1")]
    [InlineData("/v1.0-alpha1/state/store/query", "state/v1alpha1")]
    [InlineData("/v1.0-beta1/workflows/dapr/x", "workflows/v1beta1")]
    [InlineData("/v1.0/invoke/app/method/x", "invoke/v1")]
    [InlineData("/anything/else", "invoke/v1")]
    [InlineData("/v1.0/healthz/outbound", null)]
    public void A_path_belongs_to_an_API_and_health_to_none(string path, string? api) => Assert.Equal(api, ApiAccess.OfPath(path));

    [Theory]
    [InlineData("GetState", "state/v1")]
    [InlineData("QueryStateAlpha1", "state/v1alpha1")]
    [InlineData("StartWorkflowBeta1", "workflows/v1beta1")]
    public void A_method_belongs_to_an_API(string method, string api) =>
        Assert.Equal(api, ApiAccess.OfMethod($"/{DaprMethods.Service}/{method}"));

    [Fact]
    public async Task A_denied_API_does_not_exist_and_the_other_protocol_stays_open()
    {
        await using var one = await OneSidecar.StartAsync(
            app: null, "  api: {denied: [{name: metadata, version: v1, protocol: http}]}", OneSidecar.Component("s", "state.in-memory"));
        using var channel = one.OpenGrpc();

        using var answer = await one.Http.GetAsync(new Uri("/v1.0/metadata", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("app", (await channel.UnaryAsync(DaprMethods.GetMetadata, new())).Id);
    }
}

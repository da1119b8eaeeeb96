using System.Text.Json.Nodes;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Configuration;
using LocalDapr.Runtime.Hosting;
using Xunit;

namespace LocalDapr.Runtime.Tests.Configuration;

public sealed class AccessControlTests
{
    private const string Policies = """
        accessControl:
          defaultAction: deny
          policies:
          - appId: shop
            defaultAction: deny
            trustDomain: public
            namespace: default
            operations:
            - {name: /orders, httpVerb: [GET, POST], action: allow}
            - {name: /orders/*, httpVerb: ["*"], action: allow}
            - {name: /orders/secret, httpVerb: ["*"], action: deny}
            - {name: /files/**, httpVerb: [GET], action: allow}
            - {name: /shop.Orders/Place, action: allow}
          - {appId: friend, defaultAction: allow, trustDomain: public, namespace: default}
        """;

    [Theory]
    [InlineData("shop", "orders", "GET", true)]
    [InlineData("shop", "/Orders", "post", true)]
    [InlineData("shop", "orders", "DELETE", false)]
    [InlineData("shop", "orders/1", "DELETE", true)]
    [InlineData("shop", "orders/1/lines", "GET", false)]
    [InlineData("shop", "orders/secret", "GET", false)]
    [InlineData("shop", "files/a/b/c", "GET", true)]
    [InlineData("shop", "other", "GET", false)]
    [InlineData("shop", "/shop.Orders/Place", null, true)]
    [InlineData("shop", "/shop.orders/place", null, false)]
    [InlineData("friend", "anything", "GET", true)]
    [InlineData("stranger", "orders", "GET", false)]
    public void A_caller_may_what_the_most_exact_rule_says(string caller, string operation, string? verb, bool allowed) =>
        Assert.Equal(allowed, Read(Policies)!.Allows(caller, "default", operation, verb));

    [Fact]
    public void An_app_of_that_name_in_another_namespace_is_another_app() =>
        Assert.False(Read(Policies)!.Allows("friend", "elsewhere", "anything", "GET"));

    [Fact]
    public void Without_a_policy_everything_is_allowed_and_with_some_the_rest_is_denied()
    {
        Assert.Null(Read("features: []"));
        Assert.False(Read("accessControl: {policies: [{appId: a, trustDomain: public, namespace: default}]}")!.Allows("b", "default", "x", "GET"));
    }

    [Fact]
    public void A_policy_that_does_not_say_for_whom_is_a_start_error() =>
        Assert.Throws<StartupException>(() => Read("accessControl: {policies: [{appId: a}]}"));

    private static AccessControl? Read(string yaml) => AccessControl.Read((JsonObject)YamlNodes.Parse(yaml)[0]!);
}

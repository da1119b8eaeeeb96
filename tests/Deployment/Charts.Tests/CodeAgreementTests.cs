using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Charts.Tests.Rendering;
using Charts.Tests.Rules;
using Xunit;

namespace Charts.Tests;

/// <summary>
/// The chart opens what the services' code needs and nothing else; both are read and compared here, so that a new call, topic or part of Dapr's API cannot
/// be forgotten in the chart, where it would fail on a cluster only.
/// </summary>
public sealed partial class CodeAgreementTests
{
    private static readonly Dictionary<string, string> Apps = Regex.Matches(Checkout.Read("src/Shared/Contracts/Orders.cs"), "(\\w+) = \"([a-z]+)\"[,;]")
        .ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);

    /// <summary>What of the SDK a service's code uses → the group of the sidecar's API.</summary>
    private static readonly (Regex Code, string Api)[] ApiUses =
    [
        (new("Invocation|v1\\.0/invoke"), "invoke"), (new("(Get|Save|TrySave|Delete|TryDelete)(?!Workflow)\\w*State\\w*Async|ExecuteStateTransaction|GetBulkState"), "state"),
        (new("PublishEvent|v1\\.0/publish"), "publish"), (new("InvokeBinding"), "bindings"), (new("IActorProxyFactory|: Actor\\b|Actor\\("), "actors"), (new("GetSecret|GetBulkSecret"), "secrets"),
        (new("GetConfiguration\\(|SubscribeConfiguration"), "configuration"), (new("\\.Lock\\(|TryLock"), "lock"),
    ];

    [Fact]
    public async Task Every_call_that_the_code_makes_is_allowed_by_the_called_service()
    {
        var rendering = await Rendered.OfAsync("default");
        var calls = Calls().ToList();

        var denied = calls.Where(call => !AccessList.Allows(Operations(rendering, call.Callee, call.Caller), call.Verb, call.Path))
            .Select(call => $"{call.Caller} → {call.Callee}: {call.Verb} {call.Path}");
        Assert.Empty(denied);
        Assert.True(calls.Count > 30, $"only {calls.Count} calls were found");
    }

    [Fact]
    public async Task No_service_may_call_one_that_its_code_does_not_call()
    {
        var rendering = await Rendered.OfAsync("default");
        var made = Calls().Select(call => (call.Caller, call.Callee)).ToHashSet();

        foreach (var configuration in rendering.Of("Configuration"))
        {
            var callee = configuration.At("metadata.labels")!["app.kubernetes.io/name"]!.ToString();
            Assert.Equal("deny", configuration.Text("spec.accessControl.defaultAction"));
            Assert.All(configuration.List("spec.accessControl.policies"), policy =>
            {
                Assert.Contains((policy.Text("appId")!, callee), made);
                Assert.Equal("deny", policy.Text("defaultAction"));
                Assert.Equal("orders", policy.Text("namespace"));
                Assert.Equal(configuration.Text("spec.accessControl.trustDomain"), policy.Text("trustDomain"));
            });
        }
    }

    [Theory, InlineData("gateway"), InlineData("ordering"), InlineData("inventory"), InlineData("payments"), InlineData("notifications"), InlineData("customers"), InlineData("auditor")]
    public async Task A_service_may_use_exactly_the_parts_of_Daprs_API_that_its_code_uses(string service)
    {
        var code = Sources(service);
        var configuration = (await Rendered.OfAsync("default")).Of("Configuration").Single(c => c.At("metadata.labels")!["app.kubernetes.io/name"]!.ToString() == service);

        foreach (var protocol in new[] { "http", "grpc" })
        {
            var allowed = configuration.List("spec.api.allowed").Where(a => a.Text("protocol") == protocol && a.Text("version") == "v1").Select(a => a.Text("name")).Where(name => name != "metadata").Order();
            Assert.Equal(ApiUses.Where(use => use.Code.IsMatch(code)).Select(use => use.Api).Order(), allowed);
        }
    }

    [Fact]
    public async Task Ordering_may_bulk_publish_by_the_version_and_protocol_that_it_uses()
    {
        Assert.Contains("/v1.0/publish/bulk/{Topics.PubSub}/{Topics.Orders}", Sources("ordering"));

        var allowed = (await Rendered.OfAsync("default")).Find("Configuration", "shop-daprorders-ordering").List("spec.api.allowed");
        Assert.Contains(allowed, a => a.Text("name") == "publish" && a.Text("version") == "v1" && a.Text("protocol") == "http");
    }

    [Theory, InlineData("kafka", "partitionKey"), InlineData("gcp", "orderingKey"), InlineData("azure", "SessionId")]
    public void The_key_of_an_event_is_what_the_sets_document_says(string set, string key)
    {
        Assert.Contains($"\"{key}\"", Sources("ordering"));
        Assert.Contains(key, Checkout.Read($"components/{set}/orders-pubsub.yaml"));
        Assert.Contains($"`{key}`", Checkout.Read("components/README.md"));
        Assert.Contains("The partition key is the order id", Checkout.Read("src/Services/Gateway/Contract/asyncapi.json"));
    }

    [Fact]
    public async Task Every_service_that_the_code_names_is_deployed()
    {
        var deployed = (await Rendered.OfAsync("default")).Workloads().Where(w => w.Kind == "Deployment").Select(w => w.Service);

        Assert.Equal(ServiceFolders().Append("payment-provider").Order(), deployed.Order());
    }

    [Fact]
    public async Task Every_subscription_leads_to_a_route_of_its_service()
    {
        foreach (var subscription in (await Rendered.OfAsync("default")).Of("Subscription"))
        {
            var route = subscription.Text("spec.routes.default")!;
            Assert.All(subscription.List("scopes"), app => Assert.Contains($"\"{route}\"", Sources(app.ToString())));
        }
    }

    [Fact]
    public async Task Every_environment_variable_of_the_chart_is_read_by_the_code()
    {
        var code = string.Concat(Directory.GetFiles(Path.Combine(Checkout.Root, "src"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        var own = (await Rendered.OfAsync("production")).Workloads().SelectMany(w => w.Containers).SelectMany(c => c.List("env")).Select(e => e.Text("name")!)
            .Where(name => !name.StartsWith("DOTNET_", StringComparison.Ordinal) && !name.StartsWith("OTEL_EXPORTER_OTLP_PROTOCOL", StringComparison.Ordinal) && name is not ("TMPDIR" or "ASPNETCORE_ENVIRONMENT"));

        Assert.All(own.Distinct(), name => Assert.Contains($"\"{name.Replace("__", ":")}\"", code));
    }

    private static IEnumerable<(string Path, IReadOnlyList<string> Verbs)> Operations(Rendered rendering, string callee, string caller) =>
        rendering.Of("Configuration").Where(c => c.At("metadata.labels")!["app.kubernetes.io/name"]!.ToString() == callee)
            .SelectMany(c => c.List("spec.accessControl.policies")).Where(p => p.Text("appId") == caller).SelectMany(p => p.List("operations"))
            .Select(o => (o.Text("name")!, (IReadOnlyList<string>)[.. o.List("httpVerb").Select(v => v.ToString())]));

    private static IEnumerable<(string Caller, string Callee, string Verb, string Path)> Calls()
    {
        foreach (var caller in ServiceFolders())
        {
            var code = Sources(caller);
            foreach (Match call in RequestTo().Matches(code)) yield return (caller, Apps[call.Groups[2].Value], call.Groups[1].Value.ToUpperInvariant(), Place(call.Groups[3].Value));
            foreach (Match call in InvokeCall().Matches(code)) yield return (caller, Apps[call.Groups[2].Value], call.Groups[1].Value.ToUpperInvariant(), Place(call.Groups[3].Value));
        }

        foreach (var call in GatewayCalls()) yield return call;
    }

    /// <summary>The Gateway forwards by a table of routes; verbs stand there under names.</summary>
    private static IEnumerable<(string Caller, string Callee, string Verb, string Path)> GatewayCalls()
    {
        var code = Sources("gateway");
        var verbs = VerbTable().Matches(code).ToDictionary(m => m.Groups[1].Value, m => Regex.Matches(m.Groups[2].Value, "[A-Z]+").Select(v => v.Value).ToArray());
        foreach (Match route in Route().Matches(code))
            foreach (var verb in verbs[route.Groups[3].Value]) yield return ("gateway", Apps[route.Groups[2].Value], verb, Place(route.Groups[1].Value));
        foreach (Match request in GatewayRequest().Matches(code)) yield return ("gateway", Apps[request.Groups[2].Value], request.Groups[1].Value.ToUpperInvariant(), Place(request.Groups[3].Value));
        foreach (Match check in HealthCheck().Matches(code)) yield return ("gateway", Apps[check.Groups[1].Value], "GET", "/" + check.Groups[2].Value);
    }

    private static string Place(string text) => "/" + Regex.Replace(text.Split('?')[0].TrimStart('/'), "\\{+[^}]*\\}+", "x");

    private static IEnumerable<string> ServiceFolders() =>
        Directory.GetDirectories(Path.Combine(Checkout.Root, "src/Services")).Where(folder => Directory.GetFiles(folder, "*.csproj").Length > 0)
            .Select(folder => Path.GetFileName(folder).ToLowerInvariant());

    private static string Sources(string service) => string.Join('\n', Directory.GetFiles(
            Directory.GetDirectories(Path.Combine(Checkout.Root, "src/Services")).Single(f => Path.GetFileName(f).Equals(service, StringComparison.OrdinalIgnoreCase)), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)).Select(File.ReadAllText));

    [GeneratedRegex("""HttpMethod\.(\w+), Invocation\.At\(Apps\.(\w+), \$?"([^"]+)""")]
    private static partial Regex RequestTo();

    [GeneratedRegex("""\.(Get|Post)(?:ForMany)?Async(?:<[^(]*>)?\(Apps\.(\w+), \$?"([^"]+)""")]
    private static partial Regex InvokeCall();

    [GeneratedRegex("""(\w+) = \[((?:"[A-Z]+"(?:, )?)+)\]""")]
    private static partial Regex VerbTable();

    [GeneratedRegex("""app\.Map\(\$?"([^"]+)", Apps\.(\w+), (\w+),""")]
    private static partial Regex Route();

    [GeneratedRegex("""Request\(HttpMethod\.(\w+), Apps\.(\w+), \$?"([^"]+)""")]
    private static partial Regex GatewayRequest();

    [GeneratedRegex("""\(Apps\.(\w+), "(health/\w+)"\)""")]
    private static partial Regex HealthCheck();
}

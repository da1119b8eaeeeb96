using System.Text.Json.Nodes;
using Charts.Tests.Rendering;
using Charts.Tests.Rules;
using Xunit;

namespace Charts.Tests;

/// <summary>values.schema.json refuses typos and nonsense, rule by rule, and the chart says in a sentence what a schema cannot say.</summary>
public sealed class ValuesSchemaTests
{
    private static readonly JsonNode Schema = JsonNode.Parse(File.ReadAllText(Path.Combine(Checkout.Chart, "values.schema.json")))!;

    public static TheoryData<string, string> Nonsense => new()
    {
        { "{services: {gatway: {replicas: 2}}}", "additional properties 'gatway' not allowed" },
        { "{components: {set: redys}}", "value must be one of 'redis'" },
        { "{auth: {mode: oidc}}", "/auth/authority" },
        { "{route: {kind: ingress}}", "/route/host" },
        { "{components: {overrides: {statestore: {redisPassword: {secretKeyRef: {key: a}}}}}}", "/components/overrides/statestore/redisPassword" },
        { "{networkPolicy: {backends: [{to: [{podSelector: {}}]}]}}", "missing property 'ports'" },
        { "{networkPolicy: {gatewayFrom: [{}]}}", "/networkPolicy/gatewayFrom/0" },
        { "{monitoring: null}", "missing property 'monitoring'" },
        { "{commonLabels: {cost center: a}}", "invalid propertyName 'cost center'" },
        { "{commonLabels: {owner: a team}}", "/commonLabels/owner" },
        { "{defaults: {env: {a b: c}}}", "invalid propertyName 'a b'" },
        { "{networkPolicy: {gatewayFrom: [{ipBlock: {cidr: 10.0.0.0}}]}}", "/networkPolicy/gatewayFrom/0/ipBlock/cidr" },
    };

    public static TheoryData<string, string> Contradictions => new()
    {
        { "{route: {kind: ingress, host: a.example}}", "route.tls.secretName is needed" },
        { "{route: {kind: gateway, host: a.example, tls: {secretName: a}}}", "route.gateway.className is needed" },
        { "{route: {kind: gateway, host: a.example, grpcHost: a.example, tls: {secretName: a}, gateway: {className: c}}}", "route.grpcHost must differ" },
        { "{paymentProvider: {simulator: false}}", "paymentProvider.url is needed" },
        { "{components: {external: true, overrides: {statestore: {a: b}}}}", "components.external renders none" },
        { "{components: {overrides: {statstore: {redisHost: a}}}}", "which is no component of the set redis; it has: " },
        { "{components: {secretEnv: {SHOP_REDIS_PASSWORD: null}}}", "components.secretEnv.SHOP_REDIS_PASSWORD is needed by the component" },
        { "{services: {ordering: {replicas: 2}}}", "services.ordering runs as exactly one pod" },
        { "{services: {ordering: {autoscaling: {kind: hpa}}}}", "services.ordering runs as exactly one pod" },
        { "{services: {ordering: {persistence: {enabled: false}}}}", "accepted orders would be lost" },
        { "{services: {customers: {persistence: {enabled: true}}}}", "services.customers has one volume" },
        { "{services: {gateway: {env: {DAPR_API_TOKEN: a}}}}", "services.gateway.env.DAPR_API_TOKEN is set by the chart or by Dapr" },
        { "{services: {gateway: {autoscaling: {minReplicas: 11}}}}", "minReplicas (11) is above maxReplicas (10)" },
        { "{services: {gateway: {resources: {requests: {memory: 512Mi}}}}}", "services.gateway.resources.requests.memory (512Mi) is above its limit (384Mi): set limits.memory too" },
        { "{services: {gateway: {terminationGracePeriodSeconds: 10}}}", "is too short: draining takes up to 32 s" },
        { "{defaults: {tolerations: [{key: a, operator: Exists, value: b}]}}", "tolerations: Exists takes no value" },
        { "{components: {set: rabbitmq-postgres}, services: {notifications: {autoscaling: {kind: keda}}}}", "triggerAuthentication is needed with the set rabbitmq-postgres" },
        { "{components: {external: true}, services: {notifications: {autoscaling: {kind: keda}}}}", "services.notifications.autoscaling.trigger is needed" },
    };

    [Fact]
    public async Task Every_rule_of_the_schema_refuses_its_opposite_and_names_the_place()
    {
        var mutations = new SchemaMutations(Schema).All();
        var silent = new List<string>();
        foreach (var round in Rounds(mutations))
        {
            var result = await Helm.TemplateWithAsync(Document(round).ToJsonString());
            silent.AddRange(round.Where(m => !result.Errors.Contains($"at '{m.ReportedAt.Replace("dapr.io/", "dapr.io~1")}'", StringComparison.Ordinal)).Select(m => $"{m.Rule} of {m.Path} is not reported at {m.ReportedAt}"));
        }

        Assert.Empty(silent);
        Assert.True(mutations.Count > 300, $"only {mutations.Count} rules");
    }

    [Theory, MemberData(nameof(Nonsense))]
    public async Task Nonsense_is_refused_with_a_readable_message(string values, string message)
    {
        var result = await Helm.TemplateWithAsync(values);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.Errors);
    }

    [Theory, MemberData(nameof(Contradictions))]
    public async Task Values_that_contradict_each_other_are_refused_with_a_sentence(string values, string message)
    {
        var result = await Helm.TemplateWithAsync(values);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.Errors);
    }

    [Fact]
    public void Every_sentence_of_the_chart_has_a_case_above()
    {
        var templates = Directory.GetFiles(Path.Combine(Checkout.Chart, "templates"), "*.tpl").Select(File.ReadAllText);
        var sentences = templates.Sum(text => text.Split("{{- fail ").Length - 1);

        Assert.Equal(sentences, Contradictions.Count - 1); // ordering's one-pod rule has two cases
    }

    [Fact]
    public void Every_map_of_the_schema_is_closed_or_says_what_it_holds()
    {
        var open = new List<string>();
        Visit(Schema, "", open);

        Assert.Empty(open.Except(["/properties/global", "/definitions/peers/items/properties/namespaceSelector", "/definitions/peers/items/properties/podSelector"]));
    }

    [Fact]
    public void The_default_values_fit_the_schema()
    {
        var values = Yaml.Documents(File.ReadAllText(Path.Combine(Checkout.Chart, "values.yaml"))).Single();

        Assert.Empty(new JsonSchema(Schema).Check(values, Schema));
    }

    private static void Visit(JsonNode? node, string path, List<string> open)
    {
        if (node is not JsonObject map) return;
        if (map["type"]?.ToString() == "object" && map["additionalProperties"] is null) open.Add(path);
        foreach (var (name, inner) in map) Visit(inner, $"{path}/{name}", open);
    }

    /// <summary>Mutations that do not touch each other share one run of Helm, which reports them all.</summary>
    private static List<List<Mutation>> Rounds(IReadOnlyList<Mutation> mutations)
    {
        var rounds = new List<List<Mutation>>();
        foreach (var mutation in mutations)
        {
            var round = rounds.FirstOrDefault(r => !r.Any(other => Touch(other.Path, mutation.Path)));
            if (round is null) rounds.Add(round = []);
            round.Add(mutation);
        }

        return rounds;
    }

    private static bool Touch(string one, string other) => $"{one}/".StartsWith($"{other}/", StringComparison.Ordinal) || $"{other}/".StartsWith($"{one}/", StringComparison.Ordinal);

    private static JsonObject Document(IEnumerable<Mutation> mutations)
    {
        var document = new JsonObject();
        foreach (var mutation in mutations)
        {
            var steps = Steps(mutation.Path);
            var at = document;
            foreach (var step in steps[..^1]) at = (JsonObject)(at[step] ??= new JsonObject());
            at[steps[^1]] = mutation.Value?.DeepClone();
        }

        return document;
    }

    /// <summary>A path's names; the one of an annotation has a slash of its own.</summary>
    private static string[] Steps(string path) => [.. path.Replace("dapr.io/", "dapr.io\u0000").Split('/', StringSplitOptions.RemoveEmptyEntries).Select(step => step.Replace('\0', '/'))];
}

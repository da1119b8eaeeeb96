using System.Text.Json.Nodes;
using Charts.Tests.Rendering;
using Charts.Tests.Rules;
using Xunit;

namespace Charts.Tests;

/// <summary>No API server runs here, so what one refuses beyond the types is written down as rules, held against every object of the matrix.</summary>
public sealed class ApiServerTests
{
    /// <summary>For each rule an object that breaks it: a rule that nothing breaks is none.</summary>
    private static readonly Dictionary<string, string> Broken = new()
    {
        ["names"] = """{"kind":"Service","metadata":{"name":"1a"}}""",
        ["labels"] = """{"kind":"X","metadata":{"labels":{"a":"b c"}}}""",
        ["annotations"] = """{"kind":"X","metadata":{"annotations":{"a":1}}}""",
        ["port names"] = """{"kind":"Pod","spec":{"containers":[{"ports":[{"name":"a-name-that-is-too-long"}]}]}}""",
        ["unique container ports, mounts and variables"] = """{"kind":"Pod","spec":{"containers":[{"env":[{"name":"A"},{"name":"A"}]}]}}""",
        ["variables as text"] = """{"kind":"Pod","spec":{"containers":[{"env":[{"name":"A","value":1}]}]}}""",
        ["requests within limits"] = """{"kind":"Pod","spec":{"containers":[{"name":"a","resources":{"requests":{"memory":"1Gi"},"limits":{"memory":"512Mi"}}}]}}""",
        ["quantities"] = """{"kind":"Pod","spec":{"containers":[{"resources":{"requests":{"cpu":""}}}]}}""",
        ["probes"] = """{"kind":"Pod","spec":{"containers":[{"livenessProbe":{"periodSeconds":0,"timeoutSeconds":1,"failureThreshold":1}}]}}""",
        ["preStop within the grace period"] = """{"kind":"Pod","spec":{"terminationGracePeriodSeconds":5,"containers":[{"name":"a","lifecycle":{"preStop":{"sleep":{"seconds":9}}}}]}}""",
        ["jobs never restart in place"] = """{"kind":"Pod","spec":{"restartPolicy":"Always"}}""",
        ["network ranges"] = """{"kind":"NetworkPolicy","spec":{"egress":[{"to":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["192.168.0.0/16"]}}]}]}}""",
        ["scalers"] = """{"kind":"HorizontalPodAutoscaler","spec":{"minReplicas":3,"maxReplicas":2}}""",
        ["secrets in base64"] = """{"kind":"Secret","data":{"a":"!"}}""",
        ["config maps below 1 MiB"] = """{"kind":"ConfigMap","data":{"a":"LONG"}}""".Replace("LONG", new string('x', 1_100_000)),
        ["annotations below 256 KiB"] = """{"kind":"X","metadata":{"annotations":{"a":"LONG"}}}""".Replace("LONG", new string('x', 300_000)),
    };

    public static TheoryData<string> Rules => [.. ApiServerRules.All.Keys];

    [Theory, MemberData(nameof(Rules))]
    public async Task Every_object_keeps_the_rule_of(string rule)
    {
        var refused = new List<string>();
        foreach (var values in Rendered.Matrix)
            refused.AddRange((await Rendered.OfAsync(values)).Objects.SelectMany(o => ApiServerRules.All[rule](o).Select(why => $"{values}: {o.Text("kind")} {o.Text("metadata.name")}: {why}")));

        Assert.Empty(refused);
    }

    [Theory, MemberData(nameof(Rules))]
    public void A_breach_is_noticed_of(string rule) => Assert.NotEmpty(ApiServerRules.All[rule](JsonNode.Parse(Broken[rule])!));
}

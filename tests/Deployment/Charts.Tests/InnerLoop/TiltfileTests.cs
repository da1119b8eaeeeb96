using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Charts.Tests.Rendering;
using Xunit;

namespace Charts.Tests.InnerLoop;

/// <summary>The Tiltfile, evaluated against stand-ins of Tilt's functions, and the files and objects that it names.</summary>
public sealed partial class TiltfileTests
{
    private static readonly string[] Arguments = ["template", "shop", Checkout.Chart, "--namespace", "orders", "--values", Path.Combine(Checkout.Root, "tilt/values.yaml")];

    [Theory, InlineData(false), InlineData(true)]
    public async Task Every_file_and_folder_that_it_names_exists(bool release)
    {
        var calls = await EvaluateAsync(release);

        var named = calls.SelectMany(Paths).Distinct().Where(path => !path.StartsWith("tilt/out/", StringComparison.Ordinal)).ToList();
        Assert.DoesNotContain(named, path => !Path.Exists(Path.Combine(Checkout.Root, path)));
        Assert.Contains("tilt/values.yaml", named);
        Assert.Contains("charts/daprorders", named);
        Assert.All(calls.Select(c => c.Text("named.build_args.SERVICE")).OfType<string>(), project => Assert.True(Directory.Exists(Path.Combine(Checkout.Root, "src", project)), project));
        if (!release) Assert.Contains("src/Services/Ordering", named);
        Assert.Contains("tilt/platform.sh", named);
    }

    [Fact]
    public async Task Every_object_of_the_chart_is_in_one_resource_that_waits_for_what_it_needs()
    {
        var rendering = await ChartAsync();
        var calls = (await EvaluateAsync(release: false)).Where(call => call.Text("function") == "k8s_resource").ToList();

        var workloads = rendering.Of("Deployment").Select(d => d.Text("metadata.name")!);
        Assert.Equal(workloads.Order(), calls.Where(c => c.List("arguments").Any()).Select(c => c.List("arguments").Single().ToString()).Order());

        var listed = calls.SelectMany(c => c.List("named.objects")).Select(o => o.ToString()).ToList();
        var wanted = rendering.Objects.Where(o => o.Text("kind") is not ("Deployment" or "Service" or "Pod")).Select(o => $"{o.Text("metadata.name")}:{o.Text("kind")!.ToLowerInvariant()}");
        var own = new[] { "namespace.yaml", "tokens.yaml" }.SelectMany(file => Yaml.Documents(Checkout.Read($"tilt/{file}"))).Select(o => $"{o.Text("metadata.name")}:{o.Text("kind")!.ToLowerInvariant()}");
        Assert.Equal(wanted.Concat(own).Order(), listed.Order());

        var dapr = calls.Single(c => c.Text("named.new_name") == "dapr objects");
        Assert.Contains("dapr", dapr.List("named.resource_deps").Select(d => d.ToString()));
        Assert.All(dapr.List("named.objects"), o => Assert.Matches(":(component|configuration|subscription|resiliency)$", o.ToString()));
    }

    [Fact]
    public async Task Every_dependency_is_a_resource()
    {
        var calls = await EvaluateAsync(release: false);
        var resources = calls.Where(c => c.Text("function") is "local_resource").Select(c => c.List("arguments").First().ToString())
            .Concat(calls.Where(c => c.Text("function") is "k8s_resource").Select(c => c.Text("named.new_name")!)).ToHashSet();

        Assert.All(calls.SelectMany(c => c.List("named.resource_deps")), dependency => Assert.Contains(dependency.ToString(), resources));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Every_image_of_the_charts_services_is_built(bool release)
    {
        var images = (await ChartAsync()).Workloads().Where(w => w.Kind == "Deployment").SelectMany(w => w.Containers).Select(c => c.Text("image")!.Split(':')[0]);
        var built = (await EvaluateAsync(release)).Where(c => c.Text("function") == "docker_build").Select(c => c.List("arguments").First().ToString());

        Assert.Equal(images.Order(), built.Order());
    }

    /// <summary>Tilt refuses names on its command line once a Tiltfile parses its flags itself, unless one of them takes the names.</summary>
    [Fact]
    public async Task The_services_that_are_named_on_the_command_line_are_the_ones_that_run()
    {
        var calls = await EvaluateAsync(release: false);

        Assert.True(Assert.Single(calls, c => c.Text("function") == "config.define_string_list").Is("named.args", true));
        Assert.Single(calls, c => c.Text("function") == "config.set_enabled_resources");
    }

    [Fact]
    public async Task Ending_it_leaves_the_volumes_with_the_orders()
    {
        var objects = (await EvaluateAsync(release: false)).Where(c => c.Text("function") == "k8s_yaml").SelectMany(c => c.List("arguments")).SelectMany(a => a.List("rendered")).ToList();
        var claims = objects.Where(o => o.Text("kind") == "PersistentVolumeClaim").ToList();

        Assert.Equal(2, claims.Count);
        Assert.All(claims, claim => Assert.Equal("keep", claim.At("metadata.annotations")!["tilt.dev/down-policy"]?.ToString()));
    }

    [Fact]
    public async Task Rendering_the_chart_again_makes_up_no_token()
    {
        var secrets = (await ChartAsync()).Of("Secret").Select(secret => secret.Text("metadata.name"));
        var tokens = Yaml.Documents(Checkout.Read("tilt/tokens.yaml")).Where(secret => secret.At("stringData.token") is not null).Select(secret => secret.Text("metadata.name"));

        Assert.Equal(["shop-daprorders-development-key"], secrets);
        Assert.Equal((await ChartAsync()).Workloads().SelectMany(pod => new[] { pod.Annotation("dapr.io/api-token-secret"), pod.Annotation("dapr.io/app-token-secret") }).OfType<string>().Distinct().Order(), tokens.Order());
    }

    [Fact]
    public async Task The_gateway_is_forwarded_to_where_the_buttons_look_for_it()
    {
        var calls = await EvaluateAsync(release: false);
        var gateway = calls.Single(c => c.Text("named.new_name") == "gateway");

        Assert.Equal(["8080:8080", "8081:8081"], gateway.List("named.port_forwards").Select(p => p.ToString()));
        Assert.Equal("http://127.0.0.1:8080", JsonNode.Parse(Checkout.Read("tilt/local/endpoints.json")).Text("gateway"));
        var buttons = calls.Where(c => c.Text("named.trigger_mode") == "manual").ToList();
        Assert.Equal(["place 100 demo orders", "run the audit"], buttons.Select(b => b.List("arguments").First().ToString()));
        Assert.All(buttons, button => Assert.True(button.Is("named.auto_init", false)));
    }

    [Fact]
    public async Task A_changed_assembly_goes_where_the_running_process_reads_it()
    {
        var build = (await EvaluateAsync(release: false)).First(c => c.Text("function") == "docker_build" && c.List("arguments").First().ToString() == "daprorders/ordering");
        var update = build.List("named.live_update").ToList();

        Assert.Equal(["tilt/out/ordering", "/tmp/app"], update[0].List("sync").Select(p => p.ToString()));
        Assert.Contains("/tmp/service.pid", update[1].Text("run"));
        var serve = Checkout.Read("tilt/serve.sh");
        Assert.Contains("cd /tmp/app", serve);
        Assert.Contains(">/tmp/service.pid", serve);
    }

    [Theory, InlineData("redis.yaml"), InlineData("namespace.yaml"), InlineData("tokens.yaml")]
    public void The_manifests_fit_the_schemas_of_their_kinds(string file)
    {
        var root = JsonNode.Parse(File.ReadAllText(Path.Combine(Checkout.Tests, "Schemas/kubernetes.json")))!;

        Assert.All(Yaml.Documents(Checkout.Read($"tilt/{file}")), o => Assert.Empty(new JsonSchema(root).Check(o, root["kinds"]![$"{o.Text("apiVersion")}/{o.Text("kind")}"]!)));
    }

    [Fact]
    public void The_redis_of_the_inner_loop_is_where_the_set_looks_for_it()
    {
        var documents = Yaml.Documents(Checkout.Read("tilt/redis.yaml"));
        var values = Yaml.Documents(File.ReadAllText(Path.Combine(Checkout.Chart, "values.yaml"))).Single();
        var reference = values.Text("components.secretEnv.SHOP_REDIS_PASSWORD")!.Split(':');

        var secret = documents.Single(d => d.Text("kind") == "Secret");
        Assert.Equal(reference[0], secret.Text("metadata.name"));
        Assert.NotNull(secret.Text($"stringData.{reference[1]}"));
        Assert.Contains($"\"{documents.Single(d => d.Text("kind") == "Service").Text("metadata.name")}:6379\"", Checkout.Read("components/redis/statestore.yaml"));
    }

    [Fact]
    public async Task The_scripts_are_valid_for_a_plain_shell()
    {
        foreach (var script in new[] { "tilt/platform.sh", "tilt/serve.sh" })
        {
            var result = await Command.RunAsync("sh", ["-n", script]);
            Assert.True(result.ExitCode == 0, result.All);
        }
    }

    private static async Task<Rendered> ChartAsync()
    {
        var result = await Helm.RunAsync(Arguments);
        Assert.True(result.ExitCode == 0, result.Errors);
        return new Rendered("tilt", result.Output[..result.Output.IndexOf("---\n# Source: daprorders/templates/tests/", StringComparison.Ordinal)]);
    }

    private static async Task<IReadOnlyList<JsonNode>> EvaluateAsync(bool release)
    {
        if (Command.Find("python3") is not { } python)
        {
            Assert.Skip("NOT TESTED: the Tiltfile. It is read as Python, and python3 is not on PATH.");
            return [];
        }

        var chart = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(chart, new JsonArray([.. (await ChartAsync()).Objects.Select(o => o.DeepClone())]).ToJsonString());
            string[] flags = release ? ["--release"] : [];
            var result = await Command.RunAsync(python, [Path.Combine(Checkout.Tests, "InnerLoop/evaluate.py"), Path.Combine(Checkout.Root, "Tiltfile"), chart, .. flags]);
            Assert.True(result.ExitCode == 0, result.Errors);
            return [.. JsonNode.Parse(result.Output)!.AsArray().OfType<JsonNode>()];
        }
        finally
        {
            File.Delete(chart);
        }
    }

    /// <summary>Whatever looks like a path of the checkout in a call's arguments.</summary>
    private static IEnumerable<string> Paths(JsonNode call) =>
        PathText().Matches(call.ToJsonString(new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping })).Select(m => m.Value);

    [GeneratedRegex(@"(?<![\w/.])(?:src|tilt|charts|data)/[\w./-]*\w")]
    private static partial Regex PathText();
}

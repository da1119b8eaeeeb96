using LocalDapr.Runtime.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LocalDapr.Runtime.Tests.Components;

/// <summary>The words that the owner of a wrong file reads.</summary>
public sealed class ResourceErrorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("resources-").FullName;

    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_unknown_type_is_named_with_its_file_and_daprd_as_the_way_to_use_it()
    {
        var error = await StartAsync(("redis.yaml", Component("cache", "state.redis")));

        Assert.StartsWith($"component cache (state.redis/v1) in {_folder}/redis.yaml: LocalDapr does not have the component type state.redis.", error);
        Assert.Contains("state.sqlite", error, StringComparison.Ordinal);
        Assert.EndsWith("To use state.redis, run the same files with daprd (dapr run -f dapr.yaml).", error);
    }

    [Fact]
    public async Task Two_components_of_one_name_are_refused_in_Daprs_words()
    {
        var error = await StartAsync(("a.yaml", Component("store", "state.in-memory")), ("b.yaml", Component("store", "pubsub.in-memory")));

        Assert.Equal("duplicate definition of Component name store (pubsub.in-memory/v1) with existing store (state.in-memory/v1)", error);
    }

    [Fact]
    public async Task A_missing_required_metadata_names_component_file_and_metadata()
    {
        var error = await StartAsync(("a.yaml", Component("store", "state.sqlite")));

        Assert.Equal($"component store (state.sqlite/v1) in {_folder}/a.yaml: metadata connectionString is missing", error);
    }

    [Fact]
    public async Task Two_stores_of_actors_are_refused_by_name()
    {
        const string Mark = "\n  metadata: [{name: actorStateStore, value: \"true\"}]";

        var error = await StartAsync(
            ("a.yaml", Component("one", "state.in-memory") + Mark), ("b.yaml", Component("two", "state.in-memory") + Mark));

        Assert.Equal("duplicate actor state store: one and two", error);
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_named()
    {
        Directory.Delete(_folder);

        Assert.Equal($"resources path {_folder} does not exist", await StartAsync());
    }

    private static string Component(string name, string type) => $"""
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata:
          name: {name}
        spec:
          type: {type}
          version: v1
        """;

    private async Task<string> StartAsync(params (string File, string Text)[] files)
    {
        foreach (var (file, text) in files) await File.WriteAllTextAsync(Path.Combine(_folder, file), text, TestContext.Current.CancellationToken);
        await using var host = new RuntimeHost(NullLoggerFactory.Instance);
        var options = new SidecarOptions { AppId = "app", HttpPort = 0, GrpcPort = 0, ResourcesPaths = [_folder] };
        var error = await Assert.ThrowsAsync<StartupException>(async () =>
        {
            await using var sidecar = new Sidecar(host, options);
            await sidecar.StartAsync();
        });
        return error.Message.ReplaceLineEndings("\n");
    }
}

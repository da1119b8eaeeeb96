using System.Text.RegularExpressions;
using Xunit;
using Names = DaprOrders.Contracts.Components;
using Topics = DaprOrders.Contracts.Topics;

namespace DaprOrders.Components.Tests;

/// <summary>Each set by itself: readable by daprd to the last name, complete, and open to nobody who does not need it.</summary>
public sealed class ComponentSetTests
{
    /// <summary>What a service may count on, whichever set it runs on: the same list for all.</summary>
    private static readonly string[] Complete =
    [
        $"Component {Names.State}", $"Component {Names.Documents}", $"Component {Names.Cache}", $"Component {Topics.PubSub}", $"Component {Names.Secrets}", $"Component {Names.Email}",
        "Configuration daprorders", "Resiliency shop", "Subscription orders-notifications", "Subscription orders-notifications-dead",
        "Subscription orders-auditor", "Subscription orders-auditor-dead",
    ];

    [Fact]
    public void Every_folder_is_a_set_that_is_tested_here()
    {
        var folders = Directory.GetDirectories(Repository.PathOf("components")).Select(Path.GetFileName);

        Assert.Equal(ComponentSet.Names.Order(StringComparer.Ordinal), folders.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(ComponentSet.All), MemberType = typeof(ComponentSet))]
    public void Every_document_is_a_resource_that_daprd_understands_completely(string set)
    {
        Assert.Empty(ComponentSet.Load(set).Resources.SelectMany(Rules.BrokenBy));
    }

    [Theory, MemberData(nameof(ComponentSet.All), MemberType = typeof(ComponentSet))]
    public void Every_set_has_the_same_resources(string set)
    {
        var has = ComponentSet.Load(set).Resources.Select(r => $"{r.Kind} {r.Name}");

        Assert.Equal(Complete.Order(StringComparer.Ordinal), has.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(ComponentSet.All), MemberType = typeof(ComponentSet))]
    public void Every_scope_is_an_app_that_is_there_and_uses_the_component(string set)
    {
        foreach (var component in ComponentSet.Load(set).Components.Where(c => c.Name != Names.Secrets))
        {
            Assert.All(component.Scopes, app => Assert.Contains(app, RunFile.AppIds));
            Assert.Equal(UsersOf(component.Name), component.Scopes.Order(StringComparer.Ordinal));
        }
    }

    [Theory, MemberData(nameof(ComponentSet.All), MemberType = typeof(ComponentSet))]
    public void Every_secret_reference_is_answered_by_a_store_of_the_set_that_the_same_apps_see(string set)
    {
        var all = ComponentSet.Load(set);
        foreach (var component in all.Components)
        {
            var references = component.Metadata.Where(item => item.Map("secretKeyRef") is not null).ToList();
            Assert.Equal(references.Count > 0, component.SecretStore.Length > 0);
            if (references.Count == 0) continue;
            var store = all.Component(component.SecretStore);
            Assert.StartsWith("secretstores.", store.Type, StringComparison.Ordinal);
            Assert.Subset(store.Scopes.ToHashSet(), component.Scopes.ToHashSet());
            if (store.Type == "secretstores.local.env") Assert.All(references, r => Assert.Contains($"{store.Value("prefix")}{r.Map("secretKeyRef")!.Text("name")}", VariablesOf(all)));
        }
    }

    [Theory, MemberData(nameof(ComponentSet.All), MemberType = typeof(ComponentSet))]
    public void Every_secret_that_is_listed_is_used(string set)
    {
        var all = ComponentSet.Load(set);
        var used = all.Components.SelectMany(c => c.Metadata).Select(item => item.Map("secretKeyRef")).OfType<YamlDotNet.RepresentationModel.YamlMappingNode>()
            .Select(reference => $"SHOP_{reference.Text("name")}").ToHashSet();

        Assert.All(VariablesOf(all), variable => Assert.Contains(variable, used));
    }

    [Fact]
    public void Only_the_types_differ_between_sets_and_never_who_sees_what()
    {
        var first = ComponentSet.Load("local");
        foreach (var name in ComponentSet.Names)
        {
            var set = ComponentSet.Load(name);
            foreach (var same in (string[])["resiliency.yaml", "subscriptions.yaml"])
                Assert.Equal(File.ReadAllText(Path.Combine(first.Folder, same)), File.ReadAllText(Path.Combine(set.Folder, same)));
            foreach (var scope in (string[])["publishingScopes", "subscriptionScopes", "allowedTopics"])
                Assert.Equal(first.Component(Topics.PubSub).Value(scope), set.Component(Topics.PubSub).Value(scope));
        }
    }

    private static IReadOnlyList<string> VariablesOf(ComponentSet set)
    {
        var file = Path.Combine(set.Folder, "secrets.env.example");
        return File.Exists(file) ? [.. File.ReadLines(file).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('=')[0])] : [];
    }

    /// <summary>The apps whose source names the component. The store of actors and workflows is used by hosting them, without a name.</summary>
    private static IEnumerable<string> UsersOf(string component)
    {
        var pattern = component switch
        {
            Names.State => @"RegisterActor<|AddDaprWorkflow|RegisterWorkflow",
            Names.Documents => @"Components\.Documents\b",
            Names.Cache => @"Components\.Cache\b",
            Names.Email => @"Components\.Email\b",
            _ => @"Topics\.PubSub\b",
        };
        return RunFile.Apps.Where(app => app.Text("appDirPath").StartsWith("src/Services/", StringComparison.Ordinal) && Regex.IsMatch(Repository.SourceOf(app.Text("appDirPath")), pattern))
            .Select(app => app.Text("appID")).Order(StringComparer.Ordinal);
    }
}

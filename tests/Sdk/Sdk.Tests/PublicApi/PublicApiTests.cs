using System.Reflection;
using System.Runtime.CompilerServices;
using Dapr.Actors;
using Dapr.Client;
using Dapr.Workflow;
using Microsoft.AspNetCore.Builder;
using Sdk.Api;
using Xunit;

namespace Sdk.Tests.PublicApi;

public sealed class PublicApiTests
{
    private static readonly Assembly[] All =
    [
        typeof(DaprClient).Assembly, typeof(DaprEndpointRouteBuilderExtensions).Assembly, typeof(WorkflowContext).Assembly,
        typeof(IActor).Assembly, typeof(ActorsEndpointRouteBuilderExtensions).Assembly,
    ];

    public static TheoryData<string> Names => [.. All.Select(assembly => assembly.GetName().Name!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_public_api_of_each_assembly_is_the_reviewed_one(string assembly)
    {
        var api = ApiText.Of([All.Single(known => known.GetName().Name == assembly)]);

        Snapshot.MustBe(ApiText.Render(api), Path.Combine(Here(), $"{assembly}.txt"));
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}

using System.Reflection;
using System.Text.Json;
using DaprOrders.Gateway.Tests.Running;
using DaprOrders.ServiceDefaults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Xunit;

namespace DaprOrders.Gateway.Tests.Contract;

public sealed class OpenApiTests(RunningGateway gateway) : IClassFixture<RunningGateway>
{
    private OpenApiContract Contract => gateway.Contract;

    [Fact]
    public void It_names_every_route_of_the_router_with_its_verbs_and_no_other()
    {
        var routes = gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.RoutePattern.RawText?.StartsWith("/daprorders.v1.Orders/", StringComparison.Ordinal) == false)
            .SelectMany(route => route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Select(verb => Name(verb, route.RoutePattern.RawText!)) ?? [Name("ANY", route.RoutePattern.RawText!)]);

        Assert.Equal(Contract.Operations.Select(operation => Name(operation.Verb, operation.Path)).Order(), routes.Order());
    }

    [Fact]
    public void It_is_an_OpenAPI_3_1_document_without_a_fault()
    {
        var (document, diagnostic) = OpenApiDocument.Parse(Contract.Document.GetRawText(), "json");

        Assert.NotNull(document);
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, diagnostic!.SpecificationVersion);
        Assert.Empty(diagnostic.Errors.Concat(diagnostic.Warnings).Select(fault => $"{fault.Pointer}: {fault.Message}"));
    }

    [Fact]
    public void Every_operation_has_its_own_name_a_summary_and_says_what_else_may_go_wrong()
    {
        var operations = Contract.Operations.Select(operation => operation.Operation).ToList();

        Assert.Equal(operations.Count, operations.Select(operation => operation.GetProperty("operationId").GetString()).Distinct().Count());
        Assert.All(operations, operation => Assert.NotEmpty(operation.GetProperty("summary").GetString()!));
        Assert.All(operations, operation => Assert.True(operation.GetProperty("responses").TryGetProperty("default", out _)));
    }

    [Fact]
    public void Every_example_is_what_its_schema_says()
    {
        var checkedOnes = 0;
        var faults = new List<string>();
        Visit(Contract.Document, "", (where, media) =>
        {
            if (!media.TryGetProperty("example", out var example) || !media.TryGetProperty("schema", out var schema)) return;
            checkedOnes++;
            if (Contract.Faults(schema, example) is { Length: > 0 } text) faults.Add($"{where}: {text}");
        });

        Assert.Empty(faults);
        Assert.InRange(checkedOnes, 40, 400);
    }

    [Fact]
    public void Every_reference_leads_somewhere_and_nothing_stands_there_for_nothing()
    {
        var used = new HashSet<string>();
        Visit(Contract.Document, "", (_, element) =>
        {
            if (!element.TryGetProperty("$ref", out var reference)) return;
            Contract.Resolve(element);
            used.Add(reference.GetString()!);
        });

        var defined = new[] { "schemas", "responses", "parameters", "headers" }.SelectMany(kind =>
            Contract.Document.GetProperty("components").GetProperty(kind).EnumerateObject().Select(one => $"#/components/{kind}/{one.Name}"));
        Assert.Equal(["#/components/responses/MethodNotAllowed"], defined.Except(used)); // 405 belongs to no operation: it is told of all
    }

    [Fact]
    public void It_knows_every_problem_that_there_is()
    {
        var known = Contract.Document.GetProperty("components").GetProperty("schemas").GetProperty("Problem").GetProperty("properties").GetProperty("code")
            .GetProperty("enum").EnumerateArray().Select(code => code.GetString()!).ToHashSet();
        var made = typeof(Problems).GetMethods(BindingFlags.Public | BindingFlags.Static).Where(method => method.Name != nameof(Problems.Unprocessable))
            .Select(method => (Problem)method.Invoke(null, [.. method.GetParameters().Select(p => p.HasDefaultValue ? p.DefaultValue : p.ParameterType == typeof(int) ? 1 : "x")])!);

        Assert.All(made, problem =>
        {
            Assert.Contains(problem.Code, known);
            Assert.Equal("", Contract.Faults(JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["$ref"] = "#/components/schemas/Problem" }), JsonSerializer.SerializeToElement(problem, Defaults.Json)));
        });
    }

    /// <summary>Names of parameters are the document's own.</summary>
    private static string Name(string verb, string path) => $"{verb} {string.Join('/', path.Split('/').Select(segment => segment.StartsWith('{') ? "{}" : segment))}";

    private static void Visit(JsonElement element, string where, Action<string, JsonElement> visit)
    {
        if (element.ValueKind == JsonValueKind.Array) foreach (var item in element.EnumerateArray()) Visit(item, $"{where}/-", visit);
        if (element.ValueKind != JsonValueKind.Object) return;
        visit(where, element);
        foreach (var member in element.EnumerateObject().Where(member => member.Name != "example")) Visit(member.Value, $"{where}/{member.Name}", visit);
    }
}

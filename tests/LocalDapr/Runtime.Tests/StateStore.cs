namespace LocalDapr.Runtime.Tests;

/// <summary>The resource of a store for state, actors and workflows, a file in the folder.</summary>
internal static class StateStore
{
    public static string Yaml(string folder) =>
        $$"""
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata: {name: state}
        spec:
          type: state.sqlite
          version: v1
          metadata:
          - {name: connectionString, value: "{{folder}}/state.db"}
          - {name: actorStateStore, value: "true"}
        """;
}

namespace DaprOrders.Components.Tests;

/// <summary>The fields that a resource may have, as paths; "[]" is an element of a list, "*" any name. What is not here daprd ignores in silence.</summary>
internal static class Schemas
{
    private static readonly string[] Always = ["apiVersion", "kind", "metadata", "metadata.name", "metadata.namespace", "spec", "scopes"];
    private static readonly string[] Policy = ["timeout", "retry", "circuitBreaker"];

    public static readonly IReadOnlyDictionary<string, (string ApiVersion, HashSet<string> Fields)> All = new Dictionary<string, (string, HashSet<string>)>
    {
        ["Component"] = ("dapr.io/v1alpha1",
        [
            .. Always, "auth", "auth.secretStore", "spec.type", "spec.version", "spec.ignoreErrors", "spec.initTimeout", "spec.metadata", "spec.metadata[].name", "spec.metadata[].value",
            "spec.metadata[].envRef", "spec.metadata[].secretKeyRef", "spec.metadata[].secretKeyRef.name", "spec.metadata[].secretKeyRef.key",
        ]),
        ["Subscription"] = ("dapr.io/v2alpha1",
        [
            .. Always, "spec.pubsubname", "spec.topic", "spec.routes", "spec.routes.default", "spec.routes.rules", "spec.routes.rules[].match", "spec.routes.rules[].path",
            "spec.deadLetterTopic", "spec.metadata", "spec.metadata.*", "spec.bulkSubscribe", "spec.bulkSubscribe.enabled", "spec.bulkSubscribe.maxMessagesCount",
            "spec.bulkSubscribe.maxAwaitDurationMs",
        ]),
        ["Resiliency"] = ("dapr.io/v1alpha1",
        [
            .. Always, "spec.policies", "spec.policies.timeouts", "spec.policies.timeouts.*", "spec.policies.retries", "spec.policies.retries.*",
            .. Each("spec.policies.retries.*", "policy", "duration", "maxInterval", "maxRetries", "matching", "matching.httpStatusCodes", "matching.gRPCStatusCodes"),
            "spec.policies.circuitBreakers", "spec.policies.circuitBreakers.*", .. Each("spec.policies.circuitBreakers.*", "maxRequests", "interval", "timeout", "trip"),
            "spec.targets", "spec.targets.apps", "spec.targets.apps.*", .. Each("spec.targets.apps.*", [.. Policy, "circuitBreakerCacheSize"]),
            "spec.targets.actors", "spec.targets.actors.*", .. Each("spec.targets.actors.*", [.. Policy, "circuitBreakerScope", "circuitBreakerCacheSize"]),
            "spec.targets.components", "spec.targets.components.*", "spec.targets.components.*.inbound", "spec.targets.components.*.outbound",
            .. Each("spec.targets.components.*.inbound", Policy), .. Each("spec.targets.components.*.outbound", Policy),
        ]),
        ["Configuration"] = ("dapr.io/v1alpha1",
        [
            .. Always, "spec.tracing", "spec.tracing.samplingRate", "spec.tracing.stdout", "spec.tracing.otel", .. Each("spec.tracing.otel", "endpointAddress", "isSecure", "protocol"),
            "spec.metrics", "spec.metrics.enabled", "spec.metrics.recordErrorCodes", "spec.metrics.http", "spec.metrics.http.increasedCardinality", "spec.secrets", "spec.secrets.scopes",
            .. Each("spec.secrets.scopes[]", "storeName", "defaultAccess", "allowedSecrets", "deniedSecrets"), "spec.workflow", "spec.workflow.maxConcurrentWorkflowInvocations",
            "spec.workflow.maxConcurrentActivityInvocations", "spec.workflow.stateRetentionPolicy",
            .. Each("spec.workflow.stateRetentionPolicy", "anyTerminal", "completed", "failed", "terminated"), "spec.logging", "spec.logging.apiLogging",
            .. Each("spec.logging.apiLogging", "enabled", "obfuscateURLs", "omitHealthChecks"),
        ]),
    };

    private static IEnumerable<string> Each(string parent, params string[] names) => names.Select(name => $"{parent}.{name}");
}

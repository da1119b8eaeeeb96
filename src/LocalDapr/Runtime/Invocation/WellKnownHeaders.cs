namespace LocalDapr.Runtime.Invocation;

/// <summary>Header and metadata names of Dapr.</summary>
internal static class WellKnownHeaders
{
    public const string ApiToken = "dapr-api-token";
    public const string AppId = "dapr-app-id";
    public const string CallerAppId = "dapr-caller-app-id";
    public const string CallerNamespace = "dapr-caller-namespace";
    public const string CalleeAppId = "dapr-callee-app-id";
    public const string HttpStatus = "dapr-http-status";
    /// <summary>Between sidecars: the secret by which the one that is called knows the other.</summary>
    public const string Sidecar = "localdapr-sidecar";
    /// <summary>Between sidecars: the type of an <c>Any</c>, percent-encoded.</summary>
    public const string TypeUrl = "localdapr-type-url";
    public const string TraceParent = "traceparent";
    public const string TraceState = "tracestate";

    /// <summary>The content type of an <c>Any</c> that has a type.</summary>
    public const string Protobuf = "application/x-protobuf";
}

using System.Text;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Workflows;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.MetadataApi;

/// <summary>/v1.0/metadata and its gRPC twin.</summary>
internal sealed class MetadataBlock(Sidecar sidecar) : IBuildingBlock
{
    public void MapHttp(IEndpointRouteBuilder http)
    {
        MapRead(http);
        http.MapPut("/v1.0/metadata/{key}", async (HttpContext context) =>
        {
            var body = await context.Request.ReadBodyAsync();
            sidecar.Metadata.Extended[context.RawSegments()[^1]] = Encoding.UTF8.GetString(body.Span);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        });
    }

    public void MapRead(IEndpointRouteBuilder http) => http.MapGet("/v1.0/metadata", (HttpContext context) =>
    {
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(MetadataJson.Encode(Read()), context.RequestAborted).AsTask();
    });

    public void MapGrpc(IEndpointRouteBuilder grpc)
    {
        grpc.MapDapr(DaprMethods.GetMetadata, (_, _) => ValueTask.FromResult(Read()));
        grpc.MapDapr(DaprMethods.SetMetadata, (request, _) =>
        {
            if (request.Key.Length > 0) sidecar.Metadata.Extended[request.Key] = request.Value;
            return ValueTask.FromResult(new Empty());
        });
    }

    public ValueTask StartAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public ValueTask StopAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    private GetMetadataResponse Read()
    {
        var options = sidecar.Options;
        var actors = sidecar.Metadata.ActorRuntime();
        var active = actors.Active.Concat(sidecar.Metadata.WorkflowActors()).Select(a => new ActiveActorsCount { Type = a.Type, Count = a.Count }).ToList();
        var response = new GetMetadataResponse
        {
            Id = options.AppId,
            RuntimeVersion = RuntimeHost.RuntimeVersion,
            EnabledFeatures = { sidecar.Configuration.Features },
            ActiveActorsCount = { active },
            ActorRuntime = new ActorRuntime
            {
                RuntimeStatus = System.Enum.Parse<ActorRuntime.Types.ActorRuntimeStatus>(actors.Status, ignoreCase: true),
                ActiveActors = { active },
                HostReady = actors.HostReady,
                Placement = actors.Placement,
            },
            Workflows = new MetadataWorkflows { ConnectedWorkers = sidecar.Metadata.ConnectedWorkers() },
            RegisteredComponents = { sidecar.Components.All.Select(Registered) },
            HttpEndpoints = { Named("HTTPEndpoint").Select(name => new MetadataHTTPEndpoint { Name = name }) },
            WorkflowAccessPolicies = { Named(AccessPolicy.Kind).Select(name => new MetadataWorkflowAccessPolicy { Name = name }) },
            Resiliencies = { Named("Resiliency").Select(name => new MetadataResiliency { Name = name }) },
            Subscriptions = { sidecar.Metadata.Subscriptions().Select(Subscription) },
        };
        foreach (var (key, value) in sidecar.Metadata.Extended) response.ExtendedMetadata[key] = value;
        if (options.AppPort is { } port) response.AppConnectionProperties = Connection(options, port);
        return response;
    }

    private IEnumerable<string> Named(string kind) => sidecar.Resources.Where(r => r.Kind == kind).Select(r => r.Name);

    private static RegisteredComponents Registered(Component component) => new()
    {
        Name = component.Name,
        Type = component.Type,
        Version = component.Version,
        Capabilities = { ComponentTypes.Capabilities(component) },
    };

    private static PubsubSubscription Subscription(SubscriptionEntry entry)
    {
        var result = new PubsubSubscription
        {
            PubsubName = entry.PubSubName,
            Topic = entry.Topic,
            DeadLetterTopic = entry.DeadLetterTopic,
            Type = System.Enum.Parse<PubsubSubscriptionType>(entry.Type, ignoreCase: true),
            Rules = new PubsubSubscriptionRules { Rules = { entry.Rules.Select(r => new PubsubSubscriptionRule { Match = r.Match, Path = r.Path }) } },
        };
        foreach (var (key, value) in entry.Metadata) result.Metadata[key] = value;
        return result;
    }

    private static AppConnectionProperties Connection(SidecarOptions options, int port)
    {
        var connection = new AppConnectionProperties
        {
            Port = port,
            Protocol = options.AppProtocol,
            ChannelAddress = options.AppChannelAddress,
            MaxConcurrency = Math.Max(0, options.AppMaxConcurrency),
        };
        if (options.AppHealth is { } health)
            connection.Health = new AppConnectionHealthProperties
            {
                HealthCheckPath = options.AppProtocol.StartsWith("grpc", StringComparison.Ordinal) ? "" : health.Path,
                HealthProbeInterval = GoDuration.Format(health.Interval),
                HealthProbeTimeout = GoDuration.Format(health.Timeout),
                HealthThreshold = health.Threshold,
            };
        return connection;
    }
}

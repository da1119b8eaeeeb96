using Dapr.Workflow.Worker;

namespace Dapr.Workflow;

/// <summary>Says where the sidecar is, when the settings DAPR_GRPC_ENDPOINT, DAPR_GRPC_PORT and DAPR_API_TOKEN do not.</summary>
public sealed class DaprWorkflowClientBuilder
{
    private readonly SidecarSettings _settings;

    internal DaprWorkflowClientBuilder(SidecarSettings settings) => _settings = settings;

    /// <summary>The sidecar's gRPC address.</summary>
    public DaprWorkflowClientBuilder UseGrpcEndpoint(string grpcEndpoint)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(grpcEndpoint);
        _settings.Endpoint = grpcEndpoint;
        return this;
    }

    /// <summary>The token that the sidecar asks for.</summary>
    public DaprWorkflowClientBuilder UseDaprApiToken(string apiToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(apiToken);
        _settings.Token = apiToken;
        return this;
    }
}

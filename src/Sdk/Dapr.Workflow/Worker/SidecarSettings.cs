using Dapr.Common.Serialization;
using Dapr.Workflow.Registration;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;

namespace Dapr.Workflow.Worker;

// Where the sidecar is and how it is spoken to. What code sets comes before the configuration, and that before the environment.
internal sealed class SidecarSettings
{
    // Histories are longer than what a single call normally carries.
    private const int DefaultMessageBytes = 64 * 1024 * 1024;

    public string? Endpoint { get; set; }

    public string? Token { get; set; }

    public IDaprSerializer? ClientSerializer { get; private set; }

    public int MaxReceiveBytes { get; set; } = DefaultMessageBytes;

    public int MaxSendBytes { get; set; } = DefaultMessageBytes;

    public void Take(DaprWorkflowClientBuilder builder)
    {
        Endpoint = builder.GrpcEndpoint;
        Token = builder.DaprApiToken;
        ClientSerializer = builder.Serializer;
        Take(builder.GrpcChannelOptions);
    }

    public void Take(GrpcChannelOptions? options)
    {
        if (options is null) return;
        MaxReceiveBytes = options.MaxReceiveMessageSize ?? int.MaxValue;
        MaxSendBytes = options.MaxSendMessageSize ?? int.MaxValue;
    }

    public Uri Address(IConfiguration? configuration) => new(
        Endpoint ?? DaprDefaults.GetDefaultGrpcEndpoint(configuration));

    public string ApiToken(IConfiguration? configuration) => Token ?? DaprDefaults.GetDefaultDaprApiToken(configuration);
}

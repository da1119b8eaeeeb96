using System.Text.Json;
using Dapr.Common;
using Dapr.Common.Serialization;
using Dapr.Workflow.Client;
using Dapr.Workflow.Worker;
using Microsoft.Extensions.Configuration;

namespace Dapr.Workflow.Registration;

/// <summary>Says where the sidecar is, when the settings DAPR_GRPC_ENDPOINT, DAPR_GRPC_PORT and DAPR_API_TOKEN do not.</summary>
public sealed class DaprWorkflowClientBuilder(IConfiguration? configuration = null) : DaprGenericClientBuilder<DaprWorkflowClient>(configuration)
{
    internal IDaprSerializer? Serializer { get; private set; }

    /// <summary>Inputs, results and events are written by this serializer.</summary>
    public DaprWorkflowClientBuilder UseSerializer(IDaprSerializer serializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        Serializer = serializer;
        return this;
    }

    /// <summary>Inputs, results and events are JSON, written with these options.</summary>
    public DaprWorkflowClientBuilder UseJsonSerializer(JsonSerializerOptions jsonOptions) => UseSerializer(new JsonDaprSerializer(jsonOptions));

    /// <summary>A client with a connection of its own and no worker beside it; disposing it closes the connection.</summary>
    public override DaprWorkflowClient Build()
    {
        var settings = new SidecarSettings();
        settings.Take(this);
        var hub = new SidecarHub(settings, configuration: null);
        return new DaprWorkflowClient(hub, new UnaryStarts(hub), Serializer ?? new JsonDaprSerializer(), owned: hub);
    }
}

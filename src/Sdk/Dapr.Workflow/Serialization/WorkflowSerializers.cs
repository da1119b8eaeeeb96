using System.Text.Json;
using Dapr.Common.Serialization;

namespace Dapr.Workflow.Serialization;

/// <summary>The former name of <see cref="IDaprSerializer"/>.</summary>
#pragma warning disable CA1040 // adds nothing in the official SDK either
public interface IWorkflowSerializer : IDaprSerializer;
#pragma warning restore CA1040

/// <summary>The former name of <see cref="JsonDaprSerializer"/>.</summary>
[Obsolete("Use JsonDaprSerializer.")]
public sealed class JsonWorkflowSerializer : JsonDaprSerializer, IWorkflowSerializer
{
    /// <summary>JSON with the defaults of the web.</summary>
    public JsonWorkflowSerializer()
    {
    }

    /// <summary>JSON with these options.</summary>
    public JsonWorkflowSerializer(JsonSerializerOptions options)
        : base(options)
    {
    }
}

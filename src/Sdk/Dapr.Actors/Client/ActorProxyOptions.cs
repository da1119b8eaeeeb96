using System.Text.Json;
using Dapr.Actors.Wire;

namespace Dapr.Actors.Client;

/// <summary>How a proxy reaches the sidecar and how it writes bodies. Not thread-safe; finish it before the first call.</summary>
public class ActorProxyOptions
{
    /// <summary>Options of JSON bodies; the web defaults unless set.</summary>
    public JsonSerializerOptions JsonSerializerOptions
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new(JsonSerializerDefaults.Web);

    /// <summary>Token of the sidecar's API; DAPR_API_TOKEN unless set.</summary>
    public string? DaprApiToken { get; set; } = SidecarAddress.ApiToken();

    /// <summary>Address of the sidecar's HTTP API; DAPR_HTTP_ENDPOINT or DAPR_HTTP_PORT unless set.</summary>
    public string HttpEndpoint { get; set; } = SidecarAddress.HttpEndpoint();

    /// <summary>Longest time a call may take; null means 100 seconds.</summary>
    public TimeSpan? RequestTimeout { get; set; }

    /// <summary>Whether typed calls have bodies in JSON rather than data contracts. The host answers in what it was asked in.</summary>
    public bool UseJsonSerialization { get; set; }
}

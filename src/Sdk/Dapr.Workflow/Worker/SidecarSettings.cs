using Microsoft.Extensions.Configuration;

namespace Dapr.Workflow.Worker;

// Where the sidecar is and how it is spoken to. What code sets comes before the configuration, and that before the environment.
internal sealed class SidecarSettings
{
    // Histories are longer than what a single call normally carries.
    private const int DefaultMessageBytes = 64 * 1024 * 1024;

    public string? Endpoint { get; set; }

    public string? Token { get; set; }

    public int MaxReceiveBytes { get; set; } = DefaultMessageBytes;

    public int MaxSendBytes { get; set; } = DefaultMessageBytes;

    public Uri Address(IConfiguration? configuration) => new(
        Endpoint ?? Setting(configuration, "DAPR_GRPC_ENDPOINT") ?? $"http://127.0.0.1:{Setting(configuration, "DAPR_GRPC_PORT") ?? "50001"}");

    public string? ApiToken(IConfiguration? configuration) => Token ?? Setting(configuration, "DAPR_API_TOKEN");

    private static string? Setting(IConfiguration? configuration, string name) =>
        configuration?[name] is { Length: > 0 } configured ? configured
        : Environment.GetEnvironmentVariable(name) is { Length: > 0 } inherited ? inherited
        : null;
}

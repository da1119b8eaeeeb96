using System.Net.Http;
using System.Net.Sockets;

namespace DaprOrders.ServiceDefaults;

/// <summary>
/// <c>--health [URL]</c>: the service's own binary asks a running one how it is and ends with 0 or 1. For images without a shell, where nothing else
/// could ask: HEALTHCHECK of the Dockerfile, an exec probe, a person with <c>docker exec</c>.
/// </summary>
internal static class SelfProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly string[] PortVariables = ["APP_PORT", "DAPRORDERS_PORT", "PAYMENT_PROVIDER_PORT"];

    /// <summary>Ends the process when the arguments ask for a probe; returns otherwise.</summary>
    public static void ExitIfAsked(string[] args)
    {
        if (args.Length > 0 && args[0] == "--health") Environment.Exit(Run(args.ElementAtOrDefault(1), Environment.GetEnvironmentVariable, Console.Error));
    }

    internal static int Run(string? url, Func<string, string?> variable, TextWriter errors)
    {
        url ??= $"http://127.0.0.1:{PortVariables.Select(variable).FirstOrDefault(port => !string.IsNullOrEmpty(port)) ?? "8080"}/health/live";
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            using var answer = http.Send(request);
            if (answer.IsSuccessStatusCode) return 0;
            errors.WriteLine($"{url} answers {(int)answer.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or TaskCanceledException or UriFormatException or InvalidOperationException or NotSupportedException)
        {
            errors.WriteLine($"{url}: {e.Message}");
        }

        return 1;
    }
}

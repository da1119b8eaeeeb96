namespace Dapr.Client;

/// <summary>Sends requests for <c>http://{appId}/{path}</c> through the sidecar's service invocation.</summary>
public class InvocationHandler : DelegatingHandler
{
    private readonly string? apiToken = DaprDefaults.TokenOrNull();
    private Uri endpoint = new(DaprDefaults.GetDefaultHttpEndpoint());

    /// <summary>Reads the endpoint and the token from the environment.</summary>
    public InvocationHandler()
    {
    }

    internal InvocationHandler(string? apiToken) => this.apiToken = apiToken;

    /// <summary>The sidecar's HTTP endpoint.</summary>
    public string DaprEndpoint
    {
        get => endpoint.OriginalString;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            endpoint = new Uri(value, UriKind.Absolute);
            if (endpoint.Scheme is not ("http" or "https"))
            {
                throw new ArgumentException("The host scheme of the endpoint must be http or https.", nameof(value));
            }
        }
    }

    /// <summary>The app id in its own letter case, which a URI's host does not keep.</summary>
    public string? DefaultAppId { get; set; }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var original = request.RequestUri;
        if (original is null || !original.IsAbsoluteUri || original.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException($"The request URI '{original}' is not a valid Dapr service invocation destination.", nameof(request));
        }

        var appId = DefaultAppId is { } known && original.Host.Equals(known, StringComparison.OrdinalIgnoreCase) ? known : original.Host;
        try
        {
            request.RequestUri = new Uri(endpoint, $"/v1.0/invoke/{appId}/method{original.PathAndQuery}");
            if (apiToken is not null)
            {
                request.Headers.TryAddWithoutValidation("dapr-api-token", apiToken);
            }

            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            request.RequestUri = original;
            request.Headers.Remove("dapr-api-token");
        }
    }
}

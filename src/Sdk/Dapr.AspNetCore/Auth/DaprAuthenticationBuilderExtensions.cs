using Dapr.AspNetCore;

namespace Microsoft.AspNetCore.Authentication;

/// <summary>Tells the sidecar's requests from others.</summary>
public static class DaprAuthenticationBuilderExtensions
{
    /// <summary>Adds the scheme "Dapr": the header Dapr-Api-Token against APP_API_TOKEN.</summary>
    public static AuthenticationBuilder AddDapr(this AuthenticationBuilder builder) => builder.AddDapr(configureOptions: null);

    /// <summary>Adds the scheme "Dapr": the header Dapr-Api-Token against the token of the options.</summary>
    public static AuthenticationBuilder AddDapr(this AuthenticationBuilder builder, Action<DaprAuthenticationOptions>? configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddScheme<DaprAuthenticationOptions, DaprAuthenticationHandler>(DaprAuthenticationOptions.DefaultScheme, configureOptions);
    }
}
